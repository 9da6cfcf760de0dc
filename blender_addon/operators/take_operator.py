"""What operators share that work on the scene's take."""

from pathlib import Path

import bpy

from mvmocap_core.errors import InputError

from .. import session
from ..scene_take import load_clip
from ..sidebar import redraw_sidebars
from ..solve_state import show_take
from ..take_folders import label
from ..worker_client import Job
from ..worker_process import Message
from .job_operator import JobOperator
from .scene import set_up_again
from .take_poll import TakePoll


class TakeFileOperator(TakePoll, JobOperator):
    """Lets the worker write a file made of the take. A subclass has its `filepath` and ending."""

    ending: str

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the file and the choices."""
        self.is_pressed = True
        take = Path(bpy.path.abspath(context.scene.mvmocap.take_folder))
        place = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        self.filepath = str(place / f"{label(take)}{self.ending}")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def target(self) -> Path:
        """The file that was asked for. Raises InputError where there is no name."""
        if not self.filepath.strip():
            raise InputError("give the file a name.", reason="no_file")
        return Path(bpy.path.abspath(self.filepath))


class RemakeOperator(TakePoll, JobOperator):
    """Makes the take's motion anew, and shows it where the earlier one was shown.

    A subclass says in `state_name` what in the window manager shows how far it is.
    """

    state_name: str

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved, and nobody is at work in it."""
        if not super().poll(context):
            return False
        manager = context.window_manager
        at_work = (manager.mvmocap, manager.mvmocap_clean, manager.mvmocap_correct)
        if any(state.is_running for state in at_work):
            cls.poll_message_set("Wait until the take is ready")
            return False
        return True

    def begin(self, job: Job) -> None:
        """One job in a take at a time."""
        session.QUEUE.submit(job)

    def started(self, context: bpy.types.Context) -> None:
        """Show progress in place of the button, and remember whose take it is."""
        self._scene_name = context.scene.name
        state = getattr(context.window_manager, self.state_name)
        state.is_running, state.progress = True, 0.0

    def heard(self, context: bpy.types.Context, message: Message) -> None:
        """Show how far it is."""
        if message.get("type") == "progress":
            getattr(context.window_manager, self.state_name).progress = message["fraction"]
            redraw_sidebars()

    def ended(self, context: bpy.types.Context) -> None:
        """Offer the button again."""
        getattr(context.window_manager, self.state_name).is_running = False
        redraw_sidebars()

    def show(self, context: bpy.types.Context) -> tuple[bpy.types.Scene, int, bool] | None:
        """Show the new motion. The scene, how many frames, and whether it stands in the scene now.

        None if the scene is gone.
        """
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            return None
        show_take(context.window_manager.mvmocap, scene.mvmocap.take_folder)
        n_frames = len(load_clip(scene).times_s)
        return scene, n_frames, scene == context.scene and set_up_again(context)
