"""What a status of the CRM makes of an order: as configured, else as the preset or usage says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from matchback.config import CrmConfig
from matchback.sources.crm.preset import OrderState, Preset

# Statuses of shops and CRMs that have one meaning everywhere.
NOT_VALID = ("cancelled", "canceled", "voided", "deleted", "failed", "expired")
VALID = (
    "active", "approved", "authorized", "authorised", "captured", "closed", "complete", "completed",
    "confirmed", "delivered", "fulfilled", "in_process", "invoiced", "new", "on-hold", "open",
    "paid", "partially_fulfilled", "partially_paid", "partially_refunded", "pending", "processing",
    "ready", "refunded", "returned", "sent", "settled", "shipped", "succeeded", "success", "unpaid",
)  # fmt: skip
_REMARK = re.compile(r"\s*\([^()]*\)$")
_APART = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Statuses:
    """The states of the statuses that are known."""

    states: dict[str, OrderState]

    @classmethod
    def of(cls, crm: CrmConfig, preset: Preset) -> "Statuses":
        """Return what usage, then the preset, then the config say; the last word counts."""
        states: dict[str, OrderState] = {}

        def say(state: OrderState, words: Iterable[str]) -> None:
            states.update(dict.fromkeys(map(_key, words), state))

        say("valid", VALID)
        say("invalid", NOT_VALID)
        for state, words in preset.statuses.items():
            say(state, words)
        say("valid", crm.statuses.valid)
        say("invalid", crm.statuses.invalid)
        say("refund", crm.statuses.refund)
        return cls(states)

    def is_known(self, status: str) -> bool:
        """Say whether anything tells what a status means; an unknown one is valid."""
        return _key(status) in self.states

    def state_of(self, status: str | None, value: Decimal | None) -> OrderState:
        """Return the state of a row; a negative value is a refund whatever its status."""
        if value is not None and value < 0:
            return "refund"
        return self.states.get(_key(status), "valid") if status else "valid"


def _key(status: str) -> str:
    """Return a status without case, signs and the pipeline that some exports put behind it."""
    return _APART.sub("", _REMARK.sub("", status.strip())).casefold()
