"""Beyond which measures a solve is doubted, and why there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """A measure is doubtful beyond `check` and worthless beyond `unusable`."""

    check: float
    unusable: float


SAME_SIDE_DEG = Limits(check=30.0, unusable=8.0)
OPPOSITE_DEG = Limits(check=15.0, unusable=8.0)
"""Angle of the two views away from equal (0) or opposite (180), where depth vanishes. A depth
error is the image error over the sine of this angle: four times as much at 15, seven at 8. Noise
makes views from one side look further apart than they are, by up to 25 degrees."""

ROTATION_STD_DEG = Limits(check=5.0, unusable=15.0)
"""5 degrees bend a stride of 1.5 m by 13 cm; beyond 15 the directions are guesses."""

ROOM_OFF_DEG = 8.0
"""Of the views' direction by the performer from that by the room's edges. Where they agree they do
so to 3 degrees; two directions of one room are seldom less than 15 apart."""

FOCAL_STD = Limits(check=0.2, unusable=0.5)
"""Of log focal length: a fifth wrong shifts depth by a fifth of the scene's depth; weak
perspective (a small, far performer) leaves 5 to 18 % without harm to the pose."""

REPROJECTION_REL = Limits(check=0.02, unusable=0.06)
"""Of the performer's height. The detector's own noise is 0.4 %, with fast motion 1 %; 2 %
is 3.5 cm on the body, 6 % an arm's width and the sign of wrong cameras."""

BONE_VARIATION = Limits(check=0.15, unusable=0.4)
"""Of lengths that a solve with free bones gives; between opposite views times the sine of their
angle: lengths along the line of sight vary by its inverse, right cameras or not. From one side they
tell that the angle itself is wrong. True cameras give 0.03 to 0.1."""

POSE_ERROR_M = Limits(check=0.15, unusable=0.5)
"""Radius that a tenth of the joints which every view sees exceed: `error_m` of the motion. Takes of
virtual phones have 3 to 12 cm, the more the further the performer goes about."""

MOSTLY_ERROR_M = 0.5
"""Median of `error_m` over all of a motion above which it is doubted, however well the frames that
every view sees are known: where a performer is out of most pictures, it is metres."""

OFFSET_STD_S = Limits(check=0.02, unusable=0.15)
"""A hand at 3 m/s is 6 cm elsewhere after 0.02 s."""

SEEN_BY_ALL = Limits(check=0.5, unusable=0.15)
"""Share of frames in which every view sees the performer; elsewhere depth is a guess."""

SHOWN = 0.5
"""Share of the frames in which some view shows a limb, below which it is mostly a guess."""

ONE_VIEW_NOTE = 0.9
"""Share of the frames that all phones filmed, below which the animator should be told."""

SINGLE_VIEWS_NOTE = 0.02
"""Share of the frames in which single views decided, from which the animator should be told."""

MOVEMENT_M = Limits(check=0.05, unusable=0.0)
"""Spread of the joints that move most. The detector's slow noise alone shows as 2 to 3.5 cm on a
person who stands; below 5 cm neither the clocks (without sound) nor the cameras can be told from
the motion."""

MIN_MARGIN = 0.01
"""Gain of the best camera hypothesis over the next different one; below it, a coin toss."""

SURE_MOTION_S = 2.0
"""Shorter motion may be less than one period of a walk, whose strides look alike."""
