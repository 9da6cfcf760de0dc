"""When an operator on the scene's take can be called."""

import bpy

from ..correct_properties import shown_take


class TakePoll:
    """Offers an operator while the scene has a take."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved."""
        if context.scene.mvmocap.take_folder:
            return True
        cls.poll_message_set("Solve a take first")
        return False


class KeypointsPoll:
    """Offers an operator while the take's keypoints are shown."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Keypoints are shown."""
        if shown_take(context.scene) is not None:
            return True
        cls.poll_message_set("Show the keypoints first")
        return False
