"""Find the joints of a person in any rig: by its tree, its proportions and its names at once."""

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from ..rig import Rig
from .chains import (
    Chain,
    Fit,
    angle_deg,
    certainty_of,
    excess_cost,
    fit_arm,
    fit_leg,
    fit_neck,
    ratio_cost,
)
from .names import NameReading, read_names
from .sides import left_side
from .tree import LimbPair, RigTree

_MOST_PAIRS = 8
_USUAL_FORM_COST = 4.0
"""Proportions that cost more make every joint of the limb less sure."""
_DOUBTFUL = 0.51
_OTHER_SIDE_DIFFERS = 0.6


@dataclass(frozen=True, slots=True)
class FoundJoints:
    """Bones of a rig by joint name. certainty: of each, in [0, 1]."""

    bones: dict[str, int]
    certainty: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Limbs:
    """Both sides of a pair, each with its joints by kind."""

    pair: LimbPair
    fits: tuple[Fit, Fit]

    @property
    def cost(self) -> float:
        return 0.5 * (self.fits[0].cost + self.fits[1].cost)

    def middle_m(self, heads_m: np.ndarray, kind: str) -> np.ndarray:
        """(3,) between both sides."""
        return heads_m[[fit.bones[kind] for fit in self.fits]].mean(axis=0)


@dataclass(frozen=True, slots=True)
class _Body:
    """Legs and arms that may belong together, and what that costs."""

    legs: _Limbs
    arms: _Limbs
    cost: float


def find_joints(rig: Rig) -> FoundJoints | None:
    """The joints of the person that the rig is, or None when no two pairs of limbs are found."""
    return _Finder(rig).find()


class _Finder:
    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.readings: list[NameReading] = read_names(rig.names)
        self.tree = RigTree(rig, _counted(rig))

    def find(self) -> FoundJoints | None:
        bodies = self._bodies()
        if not bodies:
            return None
        best = min(bodies, key=lambda body: body.cost)
        others = [body.cost for body in bodies if _limb_roots(body) != _limb_roots(best)]
        certainty = certainty_of(min(others, default=np.inf) - best.cost)
        found = self._trunk(best)
        left, side_certainty = left_side(
            self.rig, self.readings, best.legs.fits, best.arms.fits, self._up(best)
        )
        for limbs in (best.legs, best.arms):
            for side, fit in enumerate(limbs.fits):
                name = "left" if side == left[limbs is best.arms] else "right"
                form = np.exp(-max(fit.form_cost - _USUAL_FORM_COST, 0.0) / 4.0)
                for kind, bone in fit.bones.items():
                    found.bones[f"{name}_{kind}"] = bone
                    sure = fit.certainty[kind] * form * side_certainty
                    found.certainty[f"{name}_{kind}"] = float(sure)
        sure = {joint: value * certainty for joint, value in found.certainty.items()}
        kept = {joint: bone for joint, bone in found.bones.items() if not _is_doubtful(joint, sure)}
        return FoundJoints(kept, {joint: sure[joint] for joint in kept})

    def _bodies(self) -> list[_Body]:
        """All ways to take two pairs of branches for legs and arms."""
        pairs = self.tree.limb_pairs()[:_MOST_PAIRS]
        legs = {pair: fitted for pair in pairs if (fitted := self._legs(pair))}
        bodies: list[_Body] = []
        for lower, upper in permutations(pairs, 2):
            if lower not in legs:
                continue
            leg_m = self._leg_m(legs[lower])
            arms = self._arms(upper, leg_m)
            if arms is not None:
                bodies.append(self._body(legs[lower], arms, leg_m))
        return bodies

    def _legs(self, pair: LimbPair) -> _Limbs | None:
        fits = [fit_leg(self._chain(*sides)) for sides in _both_ways(pair)]
        return self._agreed(pair, fits[0], fits[1])

    def _arms(self, pair: LimbPair, leg_m: float) -> _Limbs | None:
        fits = [fit_arm(self._chain(*sides), leg_m) for sides in _both_ways(pair)]
        return self._agreed(pair, fits[0], fits[1])

    def _agreed(self, pair: LimbPair, a: Fit | None, b: Fit | None) -> _Limbs | None:
        """Both sides alike: where they differ, the likelier one that both have, less surely."""
        if a is None or b is None:
            return None
        to_b = self.tree.matches(*pair.sides)
        to_a = {there: here for here, there in to_b.items()}
        a_on_b, b_on_a = _mirrored(a, to_b), _mirrored(b, to_a)
        if a_on_b is not None and a_on_b.bones == b.bones:
            return _Limbs(pair, (a, b))
        if b_on_a is None or (a_on_b is not None and a.cost <= b.cost):
            return _Limbs(pair, (_less_sure(a, b_on_a), _less_sure(a_on_b or b, b)))
        return _Limbs(pair, (_less_sure(b_on_a, a), _less_sure(b, a_on_b)))

    def _chain(self, root: int, twin: int) -> Chain:
        path = self.tree.longest_path(root)
        matches = self.tree.matches(root, twin)
        heads_m = self.rig.heads_m
        return Chain(
            bones=path,
            heads_m=heads_m,
            half_widths_m=[
                0.5 * float(np.linalg.norm(heads_m[bone] - heads_m[matches[bone]]))
                if bone in matches else np.nan
                for bone in path
            ],
            n_branches=[self._n_branches(bone) for bone in path],
            reaches_m=[float(self.tree.reaches_m[bone]) for bone in path],
            name_fit=self._name_fit,
        )  # fmt: skip

    def _n_branches(self, bone: int) -> int:
        """Branches of two bones at least: a twist bone is none."""
        return sum(bool(self.tree.children(child)) for child in self.tree.children(bone))

    def _name_fit(self, bone: int, kind: str) -> float:
        return self.readings[bone].fit(kind)

    def _leg_m(self, legs: _Limbs) -> float:
        heads_m = self.rig.heads_m
        lengths = [
            np.linalg.norm(np.diff(heads_m[[fit.bones[k] for k in ("hip", "knee", "ankle")]],
                                   axis=0), axis=1).sum()
            for fit in legs.fits
        ]  # fmt: skip
        return float(np.mean(lengths))

    def _body(self, legs: _Limbs, arms: _Limbs, leg_m: float) -> _Body:
        heads_m = self.rig.heads_m
        hips, shoulders = legs.middle_m(heads_m, "hip"), arms.middle_m(heads_m, "shoulder")
        ankles = legs.middle_m(heads_m, "ankle")
        trunk = shoulders - hips
        cost = 2.0 * legs.cost + 2.0 * arms.cost
        cost += ratio_cost(float(np.linalg.norm(trunk)), leg_m, 0.6, 0.3)
        cost += excess_cost(180.0 - angle_deg(ankles - hips, trunk), 20.0, 20.0)
        return _Body(legs, arms, cost)

    def _up(self, body: _Body) -> np.ndarray:
        """(3,) unit, from the hips to the shoulders."""
        heads_m = self.rig.heads_m
        trunk = body.arms.middle_m(heads_m, "shoulder") - body.legs.middle_m(heads_m, "hip")
        return trunk / max(float(np.linalg.norm(trunk)), 1e-12)

    def _trunk(self, body: _Body) -> FoundJoints:
        """Pelvis, spine, neck and head."""
        down = self.rig.path_up(body.legs.pair.fork)
        up = self.rig.path_up(body.arms.pair.fork)
        shared = next((bone for bone in up if bone in down), up[-1])
        pelvis = self._pelvis(shared, body)
        spine = up[: up.index(pelvis)][::-1]
        chest = body.arms.pair.fork
        if len(spine) > 1 and self._name_fit(chest, "neck") > 0.5:  # Biped's arms are on its neck
            spine.pop()
            necks = [chest]
        else:
            necks = [c for c in self.tree.children(chest) if c not in _limb_bones(body)]
        found = FoundJoints({"pelvis": pelvis}, {"pelvis": 0.99 if spine else 0.6})
        for joint, bone in zip(_spine_joints(len(spine)), _chosen(spine, self), strict=True):
            found.bones[joint] = bone
            found.certainty[joint] = 0.95
        self._add_neck(body, necks, found)
        if "neck" not in found.bones and "spine_3" in found.bones:
            found.certainty["spine_3"] = 0.7  # may be the neck itself
        return found

    def _pelvis(self, shared: int, body: _Body) -> int:
        """The bone that carries legs and spine, or one above it in the same place with the name."""
        leg_m = self._leg_m(body.legs)
        near = [
            bone for bone in self.rig.path_up(shared)
            if np.linalg.norm(self.rig.heads_m[bone] - self.rig.heads_m[shared]) < 0.12 * leg_m
        ]  # fmt: skip
        return max(near, key=lambda bone: (self._name_fit(bone, "pelvis"), bone == shared))

    def _add_neck(self, body: _Body, starts: list[int], found: FoundJoints) -> None:
        """The likeliest way to the head among those that begin at `starts`."""
        leg_m = self._leg_m(body.legs)
        shoulders = body.arms.middle_m(self.rig.heads_m, "shoulder")
        fits = [
            fit for start in starts
            if (fit := fit_neck(self._neck_chain(start, body), shoulders, self._up(body), leg_m))
        ]  # fmt: skip
        if not fits:
            return
        best = min(fits, key=lambda fit: fit.cost)
        others = [fit.cost for fit in fits if fit is not best]
        sure = certainty_of(min(others, default=np.inf) - best.cost)
        sure *= float(np.exp(-max(best.form_cost - _USUAL_FORM_COST, 0.0) / 4.0))
        for kind, bone in best.bones.items():
            found.bones[kind] = bone
            found.certainty[kind] = best.certainty[kind] * sure

    def _neck_chain(self, root: int, body: _Body) -> Chain:
        path = self.tree.longest_path(root, without=_limb_bones(body))
        return Chain(
            bones=path,
            heads_m=self.rig.heads_m,
            half_widths_m=[np.nan] * len(path),
            n_branches=[len(self.tree.children(bone)) for bone in path],
            reaches_m=[float(self.tree.reaches_m[bone]) for bone in path],
            name_fit=self._name_fit,
        )


def _counted(rig: Rig) -> np.ndarray:
    """(N,) bones that may be joints: those that deform or carry one that does."""
    if not rig.is_deforming.any():
        return np.ones(len(rig.names), dtype=bool)
    counted = rig.is_deforming.copy()
    for bone in range(len(counted) - 1, -1, -1):
        if counted[bone] and rig.parents[bone] >= 0:
            counted[rig.parents[bone]] = True
    return counted


def _both_ways(pair: LimbPair) -> tuple[tuple[int, int], tuple[int, int]]:
    a, b = pair.sides
    return (a, b), (b, a)


def _limb_roots(body: _Body) -> tuple[tuple[int, int], tuple[int, int]]:
    return body.legs.pair.sides, body.arms.pair.sides


def _is_doubtful(joint: str, certainty: dict[str, float]) -> bool:
    """Whether a joint that a rig may lack is better left out."""
    return joint.endswith(("clavicle", "toe", "neck")) and certainty[joint] < _DOUBTFUL


def _limb_bones(body: _Body) -> set[int]:
    return {*body.legs.pair.sides, *body.arms.pair.sides}


def _mirrored(fit: Fit, matches: dict[int, int]) -> Fit | None:
    """The other side's choice on this side; None where a bone has no counterpart."""
    if any(bone not in matches for bone in fit.bones.values()):
        return None
    return replace(fit, bones={kind: matches[bone] for kind, bone in fit.bones.items()})


def _less_sure(fit: Fit, other: Fit | None) -> Fit:
    """The fit, with joints for which the other side has another answer in doubt."""
    certainty = {
        kind: value if other is not None and other.bones.get(kind) == fit.bones[kind]
        else min(value, _OTHER_SIDE_DIFFERS)
        for kind, value in fit.certainty.items()
    }  # fmt: skip
    return replace(fit, certainty=certainty)


def _spine_joints(n_bones: int) -> tuple[str, ...]:
    """The joints that a spine of so many bones has; the last one carries the arms."""
    names = ((), ("spine_3",), ("spine_1", "spine_3"), ("spine_1", "spine_2", "spine_3"))
    return names[min(n_bones, 3)]


def _chosen(spine: list[int], finder: _Finder) -> list[int]:
    """As many of the spine's bones as there are joints: first, middle and last."""
    if len(spine) <= 3:
        return spine
    heads_m = finder.rig.heads_m[spine]
    middle = 0.5 * (heads_m[0] + heads_m[-1])
    inner = int(np.argmin(np.linalg.norm(heads_m[1:-1] - middle, axis=1))) + 1
    return [spine[0], spine[inner], spine[-1]]
