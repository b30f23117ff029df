"""One run per warehouse: a lock that the operating system drops with its process."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.errors import WarehouseBusyError


@contextmanager
def run_lease(lock_file: Path, run_id: str) -> Iterator[None]:
    """Hold the warehouse for a run; WarehouseBusyError at once, naming the run that holds it."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseBusyError(
                f"{_holder(lock_file)}; wait for it, then run again."
            ) from None
        handle.truncate(0)
        handle.write(json.dumps({"run_id": run_id, "pid": os.getpid()}))
        handle.flush()
        yield


def is_held(lock_file: Path) -> bool:
    """Say whether a run holds the warehouse right now."""
    try:
        with lock_file.open(encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _holder(lock_file: Path) -> str:
    try:
        holder = json.loads(lock_file.read_text(encoding="utf-8"))
        return f"Run {holder['run_id']} (process {holder['pid']}) is using this warehouse"
    except (OSError, ValueError, KeyError):
        return "Another run is using this warehouse"
