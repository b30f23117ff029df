"""The columns of an order, and the headers by which known exports name them: presets/<name>.yml."""

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from matchback.core.offered import CRM_PRESETS

CONTACT_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "city",
    "state",
    "zip",
    "country",
    "birth_date",
    "gender",
)
PLAIN_COLUMNS = (
    "order_id",
    "customer_id",
    "status",
    "currency",
    "event_id",
    "user_pseudo_id",
    "gclid",
    "fbclid",
    "channel",
)
REQUIRED_COLUMNS = ("order_id", "ordered_at")
CANONICAL_COLUMNS = (*PLAIN_COLUMNS, "ordered_at", "value", "is_test", *CONTACT_COLUMNS)


class Preset(BaseModel):
    """The headers of one kind of export; of several for a column the first that is there wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, list[str]] = {}
    full_name: list[str] = []
    cancelled_at: str | None = None
    has_line_per_item: bool = False

    @field_validator("columns")
    @classmethod
    def _are_canonical(cls, columns: dict[str, list[str]]) -> dict[str, list[str]]:
        if unknown := set(columns) - set(CANONICAL_COLUMNS):
            raise ValueError(f"no column of an order: {', '.join(sorted(unknown))}")
        return columns


def preset_named(name: str | None) -> Preset:
    """Return a preset by its name; without one no header is known."""
    if name is None:
        return Preset()
    text = (CRM_PRESETS / f"{name}.yml").read_text(encoding="utf-8")
    return Preset.model_validate(yaml.safe_load(text))
