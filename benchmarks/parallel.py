"""Many takes at once, each on one core."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_parallel(
    function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], n_processes: int | None = None
) -> Iterator[Result]:
    """What `function` returns for the arguments of each job, in their order.

    function: of a module. n_processes: None is one for each core.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    with ProcessPoolExecutor(n_processes or os.cpu_count() or 1) as pool:
        yield from pool.map(function, *zip(*jobs, strict=True))
