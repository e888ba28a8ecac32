"""Progress of long work, on stderr: the step under way and how long each took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def step(words: str) -> Iterator[None]:
    """Show a spinner on a terminal while the block runs, then how long it took."""
    console = Console(stderr=True, highlight=False)
    started = time.perf_counter()
    with console.status(f"{words} ..."):
        yield
    console.print(f"{words}: {time.perf_counter() - started:.1f} s")
