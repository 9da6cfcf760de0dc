"""When an operator on the scene's take can be called."""

import bpy


class TakePoll:
    """Offers an operator while the scene has a take."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved."""
        if context.scene.mvmocap.take_folder:
            return True
        cls.poll_message_set("Solve a take first")
        return False
