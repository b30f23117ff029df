"""Where the fields of a decision stand in a line of a consent log: formats/<name>.yml."""

from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict

from matchback.core.offered import CONSENT_FORMATS

TEXTS = ("user_id", "client_id", "notice_version", "jurisdiction", "action")
CHOICES = ("gpc", "necessary", "analytics", "marketing")


class ConsentFormat(BaseModel):
    """Field -> keys from the outside in, joined by dots; what a format does not hold stays null."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decided_at: str
    user_id: str | None = None
    client_id: str | None = None
    notice_version: str | None = None
    jurisdiction: str | None = None
    action: str | None = None
    gpc: str | None = None
    necessary: str | None = None
    analytics: str | None = None
    marketing: str | None = None

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a format by its name."""
        text = (CONSENT_FORMATS / f"{name}.yml").read_text(encoding="utf-8")
        return cls.model_validate(yaml.safe_load(text))

    @property
    def paths(self) -> dict[str, str]:
        """The fields that the format holds."""
        return {name: path for name, path in self if path is not None}

    @property
    def texts(self) -> dict[str, str]:
        """The fields that are taken as text."""
        return {name: path for name, path in self.paths.items() if name in TEXTS}

    @property
    def choices(self) -> dict[str, str]:
        """The fields that are true, false or null."""
        return {name: path for name, path in self.paths.items() if name in CHOICES}

    @property
    def is_flat(self) -> bool:
        """Say whether each field is a key of the line itself."""
        return not any("." in path for path in self.paths.values())
