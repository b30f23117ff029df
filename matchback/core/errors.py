"""Errors a user can act on; each knows the exit code of the command that raises it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees, worst wins."""

    HEALTHY = 0
    CHECK_FAILED = 1
    BAD_USAGE = 2
    RUN_INCOMPLETE = 3
    ALERT_UNDELIVERED = 4


class MatchbackError(Exception):
    """One sentence: what happened, where, and what to do. Never holds a value of a person."""

    exit_code = ExitCode.RUN_INCOMPLETE


class ConfigError(MatchbackError):
    """The command line or matchback.yml cannot be used as given."""

    exit_code = ExitCode.BAD_USAGE


class SourceError(MatchbackError):
    """A configured source cannot be read at all (no such file, unreachable database)."""


class WarehouseBusyError(MatchbackError):
    """Another process holds the warehouse."""


class TableMissingError(MatchbackError):
    """A table that a statement reads has not been made yet."""


class WarehouseCorruptError(MatchbackError):
    """The warehouse file or its write-ahead log is damaged; nothing is repaired by guessing."""


class BuildError(MatchbackError):
    """dbt could not build the models."""


class IntegrityError(MatchbackError):
    """The audit before publication failed; published tables are unchanged."""
