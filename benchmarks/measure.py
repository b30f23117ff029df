"""What a process and all its children cost: wall, CPU, peak memory, step by step."""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

STEP_ENDED = re.compile(r"^(.+): [0-9.]+ s$")
SAMPLE_SECONDS = 0.2
TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat after the name: utime, stime, cutime, cstime.
CPU_FIELDS = slice(11, 15)


class CommandFailedError(RuntimeError):
    """A measured command ended with an unexpected code."""


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and CPU, peak MiB of the whole tree (PSS, sampled) and of one process (RSS).

    `load` is the machine's load average just before: wall says nothing on a busy machine.
    """

    wall: float
    cpu: float
    peak_mib: float
    largest_process_mib: float
    load: float
    steps: dict[str, dict[str, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def measure(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    accepted_codes: Sequence[int] = (0,),
) -> tuple[Cost, str]:
    """Run a command in a folder and return its cost and its output."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.PIPE, env=environment, text=True
        )
        watch = _Watch(process.pid, started)
        messages = watch.follow(process)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        watch.stop()
        output.seek(0)
        text = output.read().decode()
    if process.returncode not in accepted_codes:
        raise CommandFailedError(
            f"{' '.join(command[:4])} ended with {process.returncode}: {messages[-2000:]}"
        )
    cost = Cost(
        wall=round(wall, 2),
        cpu=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mib=round(watch.peak_kib / 1024),
        largest_process_mib=round(watch.largest_kib / 1024),
        load=round(load, 1),
        steps=watch.steps,
    )
    return cost, text


class _Watch:
    """Samples a process tree while it runs; a line like `build: 3.1 s` on stderr ends a step."""

    def __init__(self, pid: int, started: float) -> None:
        self.pid = pid
        self.peak_kib = 0
        self.largest_kib = 0
        self.steps: dict[str, dict[str, float]] = {}
        self._step_peak_kib = 0
        self._last = (started, 0.0)
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def follow(self, process: "subprocess.Popen[str]") -> str:
        """Read stderr to its end and note when each step ends."""
        lines = []
        for line in process.stderr or ():
            lines.append(line)
            if match := STEP_ENDED.match(line.strip()):
                self._end_step(match[1])
        return "".join(lines)

    def stop(self) -> None:
        """End the sampling."""
        self._has_ended.set()
        self._thread.join()

    def _end_step(self, name: str) -> None:
        now, cpu = time.perf_counter(), _cpu_of_tree(self.pid)
        before, cpu_before = self._last
        self.steps[name] = {
            "wall": round(now - before, 2),
            "cpu": round(cpu - cpu_before, 2),
            "peak_mib": round(self._step_peak_kib / 1024),
        }
        self._last = (now, cpu)
        self._step_peak_kib = 0

    def _sample(self) -> None:
        while not self._has_ended.wait(SAMPLE_SECONDS):
            members = list(_tree(self.pid))
            memory = sum(_kib(pid, "smaps_rollup", "Pss:") for pid in members)
            # Not ru_maxrss: a child begins with that of the process that forked it.
            highest = max(_kib(pid, "status", "VmHWM:") for pid in members)
            self.largest_kib = max(self.largest_kib, highest)
            self.peak_kib = max(self.peak_kib, memory)
            self._step_peak_kib = max(self._step_peak_kib, memory)


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all that it started and that still live."""
    yield pid
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in listing.read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _kib(pid: int, file_name: str, field_name: str) -> int:
    """Return one figure of a process from /proc; pages that processes share count once in Pss."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file_name}").read_text(encoding="utf-8").splitlines():
            if line.startswith(field_name):
                return int(line.split()[1])
    return 0


def _cpu_of_tree(pid: int) -> float:
    """Return the seconds that a process, its children and those already ended have used."""
    ticks = 0
    for member in _tree(pid):
        with suppress(OSError):
            stat = Path(f"/proc/{member}/stat").read_text(encoding="utf-8")
            ticks += sum(int(value) for value in stat.rpartition(")")[2].split()[CPU_FIELDS])
    return ticks / TICKS
