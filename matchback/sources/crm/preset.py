"""The columns of an order, and the headers by which known exports name them: presets/<name>.yml."""

from dataclasses import dataclass, field
from typing import Literal

import yaml

from matchback.config import CrmColumns
from matchback.core.offered import CRM_PRESETS

OrderState = Literal["valid", "invalid", "open", "refund"]
CANONICAL_COLUMNS = tuple(CrmColumns.model_fields)
REQUIRED_COLUMNS = ("order_id", "ordered_at")
CONTACT_COLUMNS = (
    "email", "phone", "first_name", "last_name", "city", "state", "zip", "country", "birth_date",
    "gender",
)  # fmt: skip
MOMENTS = ("ordered_at", "updated_at")
TEXT_COLUMNS = tuple(
    name
    for name in CANONICAL_COLUMNS
    if name not in (*CONTACT_COLUMNS, *MOMENTS, "order_id", "value", "is_test")
)


@dataclass(frozen=True)
class Preset:
    """The headers of one kind of export; of several for a column the first that is there wins."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    full_name: list[str] = field(default_factory=list)
    cancelled_at: str | None = None
    statuses: dict[OrderState, list[str]] = field(default_factory=dict)


def preset_named(name: str | None) -> Preset:
    """Return a preset by its name; without one no header is known."""
    if name is None:
        return Preset()
    return Preset(**yaml.safe_load((CRM_PRESETS / f"{name}.yml").read_text(encoding="utf-8")))
