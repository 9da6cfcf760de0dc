"""`./run bench people`: virtual takes of several performers, against each of them solved alone.

Captured motions are placed together and filmed by two random phones without sound, with the
detector's noise as measured, people hidden behind one another, missed and doubled detections, and
slots that change hands (see `benchmarks/groups.py`). Ours knows nothing, not even how many perform.
First it is told who is who on all takes, which takes a second each; then takes are solved.
*Alone* is the same solver on the same keypoints of one person, told apart by the truth. Then two
are solved whose wrists or ankles are in one place (see `benchmarks/touching.py`), and the real
detector looks at composed videos of two (see `benchmarks/duets.py`), at full and half size.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from itertools import product
from typing import Any

from benchmarks import duets, people_names, people_solved, people_time, touching
from benchmarks.arguments import bench_parser, section_head
from benchmarks.groups import ARRANGEMENTS
from benchmarks.kept import code_key, kept
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.parallel import in_parallel
from benchmarks.tables import (
    RESULTS,
    markdown_table,
    text_table,
    write_section,
)

N_EACH = 20
N_QUICK = 2
FIRST = 30
"""Takes of lower numbers were looked at when constants were chosen."""
EXPLANATION = """
*switches*: share of the frames of all tracks that are of somebody else than the rest of the track;
beside it the takes that have none. *count right*: share of the frames in which as many performers
are followed as the detector found. *followed*: share of what the detector found of performers that
is in their track. *clock off*: median error of the offset at which people were told apart, before
it is refined. *solved*: share of the performers whom both views see and who have a motion. W:
median W-MPJPE in millimetres of each performer; *ratio* is that of together over alone, and *within
1.15* the share of performers for whom it is at most that. Rotation and focal length: median errors
of the cameras, and how often everybody together find them worse than a performer alone. The
constants of the tracker and of the matching were chosen on takes of other numbers, but of the same
arrangements and motions; that tracks have to be cut and names exchanged back was seen on take
"apart 30", of which no constant was taken; how fast a body may go that nobody is near was set on
takes of lower numbers, and looked at on "crossing 30" and "close 36" too. That frames which
following lost have to be given back was seen on "leaving 46", "three 32" and "close 36", that a hip
may turn a body around on "apart 36", "three 49" and "leaving 47"; what a frame may cost to be given
back was set on takes 60 to 71. How clearly somebody has to be seen in a closer look was set on the
clip that the videos are composed from. *apart*: distance of the two joints that are in one place,
of all frames that both videos saw; *triangulated*: of the same detections with the true cameras and
clocks, without a body, people told apart by the truth: what the detector's noise does.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("people", __doc__, "few takes, about 5 minutes")
    parser.add_argument("--jobs", type=int, help="processes; default: one a core")
    parser.add_argument("--train", action="store_true", help="repeat the runs of `volume` first")
    parser.add_argument("--minute", action="store_true", help="only what a minute costs")
    parser.set_defaults(own=True)
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "cmu").is_dir():
        print("../shared/data/cmu is absent: nobody to film", file=sys.stderr)
        return 2
    if options.minute:
        return _minutes(options)
    who = _gather(_names, N_EACH, options)
    solved = _gather(_solved, N_QUICK if options.quick else N_EACH, options)
    tables = [
        (people_names.HEAD, _rows(people_names.cells, who)),
        (people_solved.HEAD, _rows(people_solved.cells, solved)),
        (
            touching.HEAD,
            _touches(options.again, touching.N_QUICK if options.quick else touching.N_TAKES),
        ),
        (duets.HEAD, [duets.cells(each) for each in _duets(options.again)]),
    ]
    print("\n\n".join(text_table(*table) for table in tables))
    if options.write_docs:
        head = section_head("Several people", "people", options.quick)
        about = "\n".join((__doc__ or "").splitlines()[2:])
        body = [head, about.strip(), EXPLANATION.strip()]
        write_section("people", "\n\n".join([*body, *(markdown_table(*t) for t in tables)]))
    _minutes(options)
    if find_spec("torch") is None:
        print("PyTorch is not installed: `volume` is left out", file=sys.stderr)
        return 0
    from benchmarks import volume  # loads PyTorch

    return volume.report(options)


Results = dict[str, list[dict[str, Any]]]


def _gather(
    measure: Callable[[str, int, bool], dict[str, Any]], n_each: int, options: argparse.Namespace
) -> Results:
    """Results by arrangement; every one is told when it is there."""
    jobs = [(name, i, options.again) for i in range(FIRST, FIRST + n_each) for name in ARRANGEMENTS]
    results: Results = {name: [] for name in ARRANGEMENTS}
    for (name, *_), result in zip(jobs, in_parallel(measure, jobs, options.jobs), strict=True):
        results[name].append(result)
        print(f"  {_headline(result)}", file=sys.stderr, flush=True)
    return results


def _rows(
    cells: Callable[[str, Sequence[dict[str, Any]]], list[str]], results: Results
) -> list[list[str]]:
    rows = [cells(name, each) for name, each in results.items()]
    return [*rows, cells("all", [result for each in results.values() for result in each])]


def _names(arrangement: str, number: int, again: bool) -> dict[str, Any]:
    name = f"who-{_key_of(_WHO)}-{arrangement}-{number}"
    return _kept(name, again, lambda: people_names.measure_names(arrangement, number))


def _solved(arrangement: str, number: int, again: bool) -> dict[str, Any]:
    take = f"{arrangement}-{number}"
    together = _kept(
        f"together-{_key_of((*_ALONE, *_WHO))}-{take}",
        again,
        lambda: people_solved.solve_together(arrangement, number),
    )
    alone = _kept(
        f"alone-{_key_of(_ALONE)}-{take}",
        again,
        lambda: people_solved.solve_alone(arrangement, number),
    )
    return people_solved.compared(together, alone)


def _touches(again: bool, n_takes: int) -> list[list[str]]:
    key = _key_of((*_ALONE, *_WHO, "../benchmarks/touching.py"))

    def result(joint: str, number: int) -> dict[str, Any]:
        name = f"touching-{key}-{joint}-{number}"
        return _kept(name, again, partial(touching.measure, joint, number))

    return [
        touching.cells(joint, [result(joint, number) for number in range(n_takes)])
        for joint in touching.JOINTS
    ]


def _duets(again: bool) -> list[dict[str, Any]]:
    key = _key_of(_FILMED)
    return [
        _kept(f"duet-{key}-{scale:g}-{view}", again, partial(duets.measure, _WALK, view, scale))
        for scale, view in product(duets.SCALES, range(2))
    ]


def _minutes(options: argparse.Namespace) -> int:
    """What a minute of several people costs."""
    key = _key_of((*_FILMED, *_ALONE, *_WHO))
    rows = people_time.rows(
        [
            _kept(
                f"minute-{key}-{people}",
                options.again,
                partial(people_time.measure, _WALK, people),
            )
            for people in people_time.PEOPLE
        ]
    )
    print("\n" + text_table(people_time.HEAD, rows))
    if options.write_docs:
        head = section_head("A minute of several people", "people", options.quick)
        about = people_time.EXPLANATION.strip()
        table = markdown_table(people_time.HEAD, rows)
        write_section("minute", "\n\n".join([head, about, table]))
    return 0


def _kept(name: str, again: bool, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return kept(RESULTS / "people" / f"{name}.json", measure, again=again)


_WHO = ("geometry", "group", "people", "stabilisation", "sync", "calibration/together.py")
_ALONE = (
    "body", "calibration", "checks.py", "correcting.py", "geometry", "lifting", "motion",
    "solving.py", "stabilisation", "sync",
)  # fmt: skip
_UNUSED = ("volume", "together.py")
"""What no solve here uses, and what is of no consequence to who is solved alone."""
_FILMED = (
    "detection", "video", "../benchmarks/duets.py", "../benchmarks/people_time.py",
)  # fmt: skip
_WALK = SHARED_DATA / "synth" / "walk"
_BENCH = (
    "clips", "groups", "motion_capture", "people_names", "people_solved", "scoring", "synthetic",
)  # fmt: skip


@cache
def _key_of(parts: Sequence[str]) -> str:
    core = (f"mvmocap_core/{part}" for part in parts)
    bench = (f"benchmarks/{name}.py" for name in _BENCH)
    return code_key(*core, *bench, without=_UNUSED)


def _headline(result: dict[str, Any]) -> str:
    if "pairs" in result:
        return people_solved.headline(result)
    if "refused" in result:
        return f"{result['name']}: refused ({result['refused']})"
    switched = f"{100 * result['switches']:.1f} % switched"
    return f"{result['name']}: {switched}, {100 * result['followed']:.0f} % followed"
