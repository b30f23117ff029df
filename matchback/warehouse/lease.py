"""One run per warehouse: a file lock on this machine, and a row in a warehouse that many share."""

import fcntl
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

from matchback.core.errors import MatchbackError, TableMissingError, WarehouseBusyError
from matchback.warehouse.base import Row, Warehouse, first

LEASE_LENGTH = timedelta(minutes=15)
RENEWALS_PER_LENGTH = 4
SECOND = timedelta(seconds=1)

OFFER = """
insert into ops.leases (name, owner, taken_at, expires_at)
select 'run', '', cast('1970-01-01' as timestamp), cast('1970-01-01' as timestamp)
from (select 1 as one) as seed
where not exists (select 1 from ops.leases where name = 'run')
"""
# The row is changed, never added: BigQuery refuses or repeats one of two changes at once, so the
# second of two runs sees the first.
TAKE = """
update ops.leases
set
    owner = $owner,
    taken_at = cast(current_timestamp as timestamp),
    expires_at = cast(current_timestamp as timestamp) + interval {seconds} second
where name = 'run' and not exists (
    select 1 from ops.leases as held
    where held.name = 'run' and held.expires_at > cast(current_timestamp as timestamp)
)
"""
HOLDER = """
select owner, taken_at, expires_at
from ops.leases
where name = 'run' and expires_at > cast(current_timestamp as timestamp)
order by taken_at, owner
limit 1
"""
RENEW = """
update ops.leases
set expires_at = cast(current_timestamp as timestamp) + interval {seconds} second
where name = 'run' and owner = $owner
"""
RELEASE = """
update ops.leases
set expires_at = cast(current_timestamp as timestamp)
where name = 'run' and owner = $owner
"""

logger = logging.getLogger(__name__)


class Lease:
    """The right to change a warehouse that other machines reach too."""

    def __init__(self, warehouse: Warehouse, owner: str, length: timedelta = LEASE_LENGTH) -> None:
        self._warehouse = warehouse
        self._owner = owner
        self._length = length

    def take(self) -> None:
        """Take it if it is free or expired; WarehouseBusyError naming who holds it since when."""
        self._warehouse.execute(OFFER)
        self._change(TAKE)
        holder = self._holder()
        if holder is None or holder["owner"] != self._owner:
            raise WarehouseBusyError(_busy(holder))

    def renew(self) -> None:
        """Put its end off; WarehouseBusyError when it expired and somebody else took it."""
        self._change(RENEW)
        holder = self._holder()
        if holder is None or holder["owner"] != self._owner:
            raise WarehouseBusyError(f"This run lost its lease on the warehouse. {_busy(holder)}")

    def release(self) -> None:
        """Give it back; one that cannot be given back expires by itself."""
        try:
            self._change(RELEASE)
        except MatchbackError as error:
            logger.warning("The lease could not be given back (%s); it expires.", error)

    def _change(self, statement: str) -> None:
        seconds = self._length // SECOND
        self._warehouse.execute(statement.format(seconds=seconds), {"owner": self._owner})

    def _holder(self) -> Row | None:
        return first(self._warehouse.rows(HOLDER))


@contextmanager
def table_lease(
    connect: Callable[[], AbstractContextManager[Warehouse]],
    owner: str,
    length: timedelta = LEASE_LENGTH,
) -> Iterator[Lease]:
    """Hold the warehouse's lease row, renewed from a thread that ends with this process."""
    with connect() as warehouse:
        lease = Lease(warehouse, owner, length)
        try:
            lease.take()
        except TableMissingError:
            warehouse.apply_ddl()
            lease.take()
        ended = threading.Event()
        renewer = threading.Thread(
            target=_keep, args=(lease, ended, length / RENEWALS_PER_LENGTH), daemon=True
        )
        renewer.start()
        try:
            yield lease
        finally:
            ended.set()
            renewer.join()
            lease.release()


def _keep(lease: Lease, ended: threading.Event, pause: timedelta) -> None:
    """Renew until the end; a renewal that fails is tried again, and noticed before publication."""
    while not ended.wait(pause.total_seconds()):
        try:
            lease.renew()
        except MatchbackError as error:
            logger.warning("The lease was not renewed: %s", error)


def _busy(holder: Row | None) -> str:
    if holder is None:
        return "Another run took this warehouse in the same moment; run again."
    return (
        f"{holder['owner']} is using this warehouse since {holder['taken_at']:%Y-%m-%d %H:%M} UTC; "
        f"wait for it, then run again (should it have died, it is free from "
        f"{holder['expires_at']:%H:%M} UTC on)."
    )


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
