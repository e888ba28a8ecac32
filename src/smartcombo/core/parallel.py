"""Spread independent work over processes or threads; results do not depend on how many."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def mapped(
    function: Callable[[Item], Outcome], items: Sequence[Item], *, workers: int = 1
) -> list[Outcome]:
    """Return ``function`` of each item, in the order of the items.

    Parameters
    ----------
    function, items
        A function of a module and what it is called with; both travel to other processes.
    workers
        Processes at most, 1 or more; with 1 everything stays in this process.

    Raises
    ------
    ValueError
        If ``workers`` is below 1.
    """
    _require_workers(workers, "processes")
    if workers == 1 or len(items) < 2:
        return [function(item) for item in items]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(items)), mp_context=context) as pool:
        return list(pool.map(function, items))


def threaded(
    function: Callable[[Item], Outcome], items: Sequence[Item], *, workers: int = 1
) -> list[Outcome]:
    """Return ``function`` of each item, in the order of the items, in threads of this process.

    For compiled kernels that release the interpreter's lock: nothing travels and nothing is
    imported again. Anything else runs no faster than one after the other.

    Parameters
    ----------
    workers
        Threads at most, 1 or more.

    Raises
    ------
    ValueError
        If ``workers`` is below 1.
    """
    _require_workers(workers, "threads")
    if workers == 1 or len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(workers, len(items))) as pool:
        return list(pool.map(function, items))


def _require_workers(workers: int, kind: str) -> None:
    if workers < 1:
        raise ValueError(f"workers={workers!r}: expected 1 or more {kind}")
