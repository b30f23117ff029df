"""Telling people what a run is doing: a live line on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from matchback.core.printable import printable


@dataclass
class Progress:
    """Names each step while it runs and remembers its seconds; everything goes to stderr."""

    is_quiet: bool = False
    is_plain: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    current: str = "start"

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step for as long as the block runs."""
        self.current = name
        started = time.perf_counter()
        with self._shown(name):
            yield
        elapsed = time.perf_counter() - started
        self.seconds[name] = round(elapsed, 3)
        self.say(f"{name}: {elapsed:.1f} s")

    def say(self, sentence: str) -> None:
        """Print one line."""
        if not self.is_quiet:
            sys.stderr.write(printable(sentence) + "\n")
            sys.stderr.flush()

    @contextmanager
    def _shown(self, name: str) -> Iterator[None]:
        if self.is_quiet or self.is_plain or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console

        with Console(stderr=True).status(name):
            yield
