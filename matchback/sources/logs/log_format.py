"""What a format of delivery logs brings, found by the module that bears its name."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from matchback.core.offered import log_formats
from matchback.core.redaction import may_hold_secret, redact_object
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.json_rows import JsonObject
from matchback.warehouse.tables import Table

MOMENT = "logged_at"
ParsedRecord = tuple[JsonObject, list[str]]
ParseRecord = Callable[[JsonObject, bytes], ParsedRecord]


@dataclass(frozen=True)
class LogFormat:
    """How the lines of a format become rows of its landing table.

    `parser` makes what turns the objects of one file, in order, into rows with the fields that
    held a secret. An object with one of `row_keys` (without case and underscores) is a record and
    no wrapper of records. `relation` is SQL that reads a large file by the engine. An attempt that
    two logs tell is taken from the one with the lower rank.
    """

    table: Table
    rank: int
    parser: Callable[[], ParseRecord]
    row_keys: frozenset[str]
    relation: Callable[[FoundFile], str] | None = None

    def is_row(self, document: JsonObject) -> bool:
        """Say whether an object is a record."""
        return any(key.replace("_", "").lower() in self.row_keys for key in document)

    @property
    def staging_model(self) -> str:
        """The dbt model that reads the landing table."""
        return self.table.name.replace("landing.capi_", "stg_capi__")


def log_format(name: str) -> LogFormat:
    """Return a format by its name."""
    found: LogFormat = import_module(f"matchback.sources.logs.formats.{name}").FORMAT
    return found


def all_formats() -> list[LogFormat]:
    """Return every format by rank."""
    return sorted(map(log_format, log_formats()), key=lambda one: (one.rank, one.table.name))


def landing_tables() -> list[Table]:
    """Return the landing tables of all formats; formats may share one."""
    return list({one.table.name: one.table for one in all_formats()}.values())


def staging_models() -> list[str]:
    """Return the staging models of all formats by rank; formats that share a table share one."""
    return list(dict.fromkeys(one.staging_model for one in all_formats()))


def without_secrets(record: JsonObject, raw: bytes) -> ParsedRecord:
    """Return a record and the fields that held a secret; it is looked at only where one may be."""
    return redact_object(record) if may_hold_secret(raw) else (record, [])
