"""Which bones of a chain are the joints of an arm, a leg, or the trunk: proportions and names.

Every choice of bones gets a cost, a negative logarithm of how likely a person is built and named
like that; the choice that costs least is taken, and what the next best one costs more tells how
sure each joint is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

_NAME_WEIGHT = 3.0
_WORST = 8.0
"""No single observation counts more than this."""
_LONGEST_CHAIN = 12


@dataclass(frozen=True, slots=True)
class Fit:
    """The best choice of bones.

    bones: bone by kind of joint; a kind that has no bone is not there.
    certainty: by kind, in [0, 1], how much better it is than without this bone.
    cost: of the choice; form_cost: the part that proportions have in it.
    """

    bones: dict[str, int]
    certainty: dict[str, float]
    cost: float
    form_cost: float


@dataclass(frozen=True, slots=True)
class Chain:
    """A way down from one bone.

    bones:   from its first on.
    heads_m: (N, 3) of all bones of the rig.
    half_widths_m: for each bone of the chain half its distance from its mirror image; NaN where
        it has none.
    n_branches: for each, how many branches begin at it that are longer than a twist bone.
    reaches_m: for each, the longest way down.
    name_fit: (bone, kind) -> [-1, 1].
    """

    bones: Sequence[int]
    heads_m: np.ndarray
    half_widths_m: Sequence[float]
    n_branches: Sequence[int]
    reaches_m: Sequence[float]
    name_fit: Callable[[int, str], float]

    def distance_m(self, i: int, j: int) -> float:
        """Between the heads of two bones of the chain."""
        return float(np.linalg.norm(self.heads_m[self.bones[i]] - self.heads_m[self.bones[j]]))

    def angle_deg(self, i: int, j: int, k: int) -> float:
        """Between the way from i to j and the way from j to k; 0 is straight."""
        a, b, c = (self.heads_m[self.bones[n]] for n in (i, j, k))
        return angle_deg(b - a, c - b)


def fit_leg(chain: Chain) -> Fit | None:
    """Hip, knee, ankle and, if there is one, toe; None when the chain is too short."""

    def form(chosen: dict[str, int]) -> float:
        hip, knee, ankle = chosen["hip"], chosen["knee"], chosen["ankle"]
        thigh, shank = chain.distance_m(hip, knee), chain.distance_m(knee, ankle)
        whole = chain.distance_m(0, hip) + thigh + shank + chain.reaches_m[ankle]
        cost = ratio_cost(thigh, shank, 1.0, 0.15)
        cost += ratio_cost(chain.half_widths_m[hip], thigh, 0.22, 0.35)
        cost += ratio_cost(thigh + shank, whole, 0.85, 0.12)
        cost += excess_cost(chain.angle_deg(hip, knee, ankle), 30.0, 15.0)
        after = chosen.get("toe", len(chain.bones) - 1)
        if after > ankle:
            cost += excess_cost(50.0 - chain.angle_deg(knee, ankle, after), 0.0, 15.0)
        if "toe" in chosen:
            cost += ratio_cost(chain.distance_m(ankle, chosen["toe"]), shank, 0.36, 0.3)
        elif after > ankle:
            cost += 1.2
        return cost + 0.5 * hip

    return _best(chain, ("hip", "knee", "ankle"), ("toe",), form)


def fit_arm(chain: Chain, leg_m: float) -> Fit | None:
    """Shoulder, elbow, wrist and, if there is one, clavicle. leg_m: hip to ankle."""

    def form(chosen: dict[str, int]) -> float:
        shoulder, elbow, wrist = chosen["shoulder"], chosen["elbow"], chosen["wrist"]
        upper, fore = chain.distance_m(shoulder, elbow), chain.distance_m(elbow, wrist)
        cost = ratio_cost(upper, fore, 1.08, 0.18)
        cost += ratio_cost(upper + fore, leg_m, 0.66, 0.25)
        cost += ratio_cost(chain.half_widths_m[shoulder], upper, 0.62, 0.35)
        cost += 2.0 * sum(n >= 3 for n in chain.n_branches[:wrist])
        cost -= 1.5 * (chain.n_branches[wrist] >= 3)
        if chain.reaches_m[wrist] > 0:
            cost += excess_cost(np.log(0.35 * fore / chain.reaches_m[wrist]), 0.0, 0.35)
        if "clavicle" in chosen:
            clavicle = chosen["clavicle"]
            cost += ratio_cost(chain.distance_m(clavicle, shoulder), upper, 0.5, 0.4)
            inner, outer = chain.half_widths_m[clavicle], chain.half_widths_m[shoulder]
            cost += 1.5 * (not inner < 0.6 * outer)
        return cost + 0.5 * min(chosen.values())

    return _best(chain, ("shoulder", "elbow", "wrist"), ("clavicle",), form)


def fit_neck(chain: Chain, shoulders_m: np.ndarray, up: np.ndarray, leg_m: float) -> Fit | None:
    """Head and, if there is one, neck, of a chain that goes up from the chest.

    shoulders_m: (3,) middle of both; up: (3,) unit.
    """

    def form(chosen: dict[str, int]) -> float:
        rise = float(up @ (chain.heads_m[chain.bones[chosen["head"]]] - shoulders_m))
        cost = ratio_cost(rise, leg_m, 0.17, 0.35)
        cost -= 0.7 * (chain.n_branches[chosen["head"]] >= 2)
        if "neck" in chosen:
            rise_neck = float(up @ (chain.heads_m[chain.bones[chosen["neck"]]] - shoulders_m))
            cost += excess_cost(abs(rise_neck - 0.07 * leg_m) / leg_m, 0.05, 0.05)
            cost += 0.4 * chosen["neck"]
        elif chosen["head"] > 0:
            cost += 1.0
        return cost

    return _best(chain, ("head",), ("neck",), form)


def ratio_cost(a: float, b: float, expected: float, tolerance: float) -> float:
    """Of a / b not being as expected; tolerance: standard deviation of its logarithm."""
    if not (a > 0 and b > 0):
        return _WORST
    return min(0.5 * (np.log(a / b / expected) / tolerance) ** 2, _WORST)


def excess_cost(value: float, allowed: float, tolerance: float) -> float:
    """Of a value being larger than allowed."""
    return min(0.5 * (max(value - allowed, 0.0) / tolerance) ** 2, _WORST)


def angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    """Between two directions; 0 where one has no length."""
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(a @ b / norm, -1.0, 1.0)))) if norm > 0 else 0.0


def certainty_of(margin: float) -> float:
    """How sure a choice is whose next best costs `margin` more."""
    return 1.0 / (1.0 + np.exp(-float(np.clip(margin, -30.0, 30.0))))


def _best(
    chain: Chain,
    needed: Sequence[str],
    optional: Sequence[str],
    form: Callable[[dict[str, int]], float],
) -> Fit | None:
    """The choice of least cost among all, in the order of the chain.

    An optional joint comes before the needed ones if it is a clavicle or a neck, else after them.
    """
    weighed: list[tuple[float, float, dict[str, int]]] = []
    for chosen in _choices(min(len(chain.bones), _LONGEST_CHAIN), needed, optional):
        bones = {kind: chain.bones[place] for kind, place in chosen.items()}
        form_cost = form(chosen)
        name_cost = -_NAME_WEIGHT * sum(chain.name_fit(bone, kind) for kind, bone in bones.items())
        weighed.append((form_cost + name_cost, form_cost, bones))
    if not weighed:
        return None
    cost, form_cost, bones = min(weighed, key=lambda one: one[0])
    certainty = {
        kind: certainty_of(
            min((c for c, _, other in weighed if other.get(kind) != bone), default=np.inf) - cost
        )
        for kind, bone in bones.items()
    }
    return Fit(bones, certainty, cost, form_cost)


def _choices(
    n_bones: int, needed: Sequence[str], optional: Sequence[str]
) -> Iterable[dict[str, int]]:
    orders = [list(needed)]
    for kind in optional:
        orders.append([*needed, kind] if kind == "toe" else [kind, *needed])
    for order in orders:
        for places in combinations(range(n_bones), len(order)):
            yield dict(zip(order, places, strict=True))
