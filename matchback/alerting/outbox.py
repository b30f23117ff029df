"""The outbox is drained at least once: a notice is marked only after Slack has taken it.

A crash between Slack's answer and the mark sends that one message again; every line names its
incident, so the repeat can be told.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from matchback.alerting import store
from matchback.alerting.message import Line, build_message
from matchback.alerting.settings import AlertSettings
from matchback.alerting.slack import Receipt, Sender, make_sender
from matchback.alerting.states import Kind
from matchback.core.clock import Clock
from matchback.warehouse.base import Warehouse

MAX_THREADS = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeliverySummary:
    """What a drain did; messages hold several notices."""

    messages: int = 0
    delivered: int = 0
    undelivered: int = 0
    reason: str = ""

    @property
    def is_complete(self) -> bool:
        """Say whether nothing waits any more; otherwise the command exits with 4."""
        return self.undelivered == 0


def drain_outbox(
    warehouse: Warehouse, settings: AlertSettings, clock: Clock, sender: Sender | None = None
) -> DeliverySummary:
    """Send what is pending, oldest run first; what cannot be sent stays for the next drain.

    Without a channel there is nothing to deliver. Never raises for a delivery.
    """
    sender = sender or make_sender(settings)
    if sender is None:
        return DeliverySummary()
    notices = store.pending(warehouse)
    messages, delivered, reason = 0, 0, ""
    closed_channels: set[str] = set()
    unheard_of: set[str] = set()
    for planned in _batches(notices, settings.uses_bot):
        # What follows an undelivered opening waits: no end is told without its beginning.
        batch = [notice for notice in planned if notice.incident_id not in unheard_of]
        if not batch or batch[0].channel in closed_channels:
            continue
        receipt = _deliver(warehouse, batch, settings, clock, sender)
        if receipt.is_delivered:
            messages, delivered = messages + 1, delivered + len(batch)
            continue
        reason = receipt.reason
        unheard_of |= {notice.incident_id for notice in batch}
        if not receipt.is_about_the_message:
            closed_channels.add(batch[0].channel)
    undelivered = len(notices) - delivered
    if undelivered:
        logger.warning("%d alert notice(s) stay in the outbox: %s.", undelivered, reason)
    return DeliverySummary(messages, delivered, undelivered, reason)


def _deliver(
    warehouse: Warehouse,
    batch: Sequence[store.StoredNotice],
    settings: AlertSettings,
    clock: Clock,
    sender: Sender,
) -> Receipt:
    """Send one message and record how it went."""
    run_id, channel = batch[0].run_id, batch[0].channel
    report = settings.report.replace("{run_id}", run_id)
    lines = [Line.from_json(notice.payload) for notice in batch]
    message = build_message(lines, report, _warnings(warehouse, run_id))
    thread = _thread(warehouse, batch) if settings.uses_bot else ""
    receipt = sender.send(message, channel, thread)
    notice_ids = [notice.notice_id for notice in batch]
    with warehouse.transaction():
        if receipt.is_delivered:
            store.mark_delivered(warehouse, notice_ids, clock.now, receipt.thread)
        else:
            store.mark_failed(warehouse, notice_ids, clock.now, receipt.reason)
    return receipt


def _batches(
    notices: Sequence[store.StoredNotice], is_threaded: bool
) -> list[list[store.StoredNotice]]:
    """Group what goes into one message: a run and channel; with threads, an incident."""
    ordered = sorted(notices, key=lambda notice: notice.position)
    first_position: dict[str, int] = {}
    for notice in ordered:
        first_position.setdefault(notice.run_id, notice.position)
    ordered.sort(key=lambda notice: (first_position[notice.run_id], notice.channel))
    batches = []
    for _, group in groupby(ordered, key=lambda notice: (notice.run_id, notice.channel)):
        batch = list(group)
        batches += _threads(batch) if is_threaded else [batch]
    return batches


def _threads(batch: Sequence[store.StoredNotice]) -> list[list[store.StoredNotice]]:
    """Give each opening its own message, and what follows one too; many openings share one."""
    openings = [notice for notice in batch if notice.kind == Kind.OPENED]
    others = [[notice] for notice in batch if notice.kind != Kind.OPENED]
    alone, together = openings[:MAX_THREADS], openings[MAX_THREADS:]
    return [[notice] for notice in alone] + ([together] if together else []) + others


def _thread(warehouse: Warehouse, batch: Sequence[store.StoredNotice]) -> str:
    if batch[0].kind == Kind.OPENED:
        return ""
    opening = store.openings(warehouse, {batch[0].incident_id}).get(batch[0].incident_id)
    return opening.thread or "" if opening else ""


def _warnings(warehouse: Warehouse, run_id: str) -> list[str]:
    """Return the checks of a run that only warn."""
    rows = warehouse.rows(
        "select check_id from marts.fct_check_results where run_id = ? group by check_id "
        "having max(case when status = 'fail' then 2 when status = 'warn' then 1 else 0 end) = 1 "
        "order by check_id",
        [run_id],
    )
    return [row["check_id"] for row in rows]
