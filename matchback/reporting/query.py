"""The queries of reports: one file of sql/ each, whose first line gives the grain."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from matchback.warehouse.base import Warehouse, fetch

SQL_FOLDER = Path(__file__).parent / "sql"
PARAMETER = re.compile(r"\$(\w+)")
Item = TypeVar("Item")


def query(
    warehouse: Warehouse, kind: Callable[..., Item], name: str, parameters: Mapping[str, object]
) -> list[Item]:
    """Return the rows of a file of sql/, run with those parameters that it names."""
    sql = _read_sql(name)
    named = {key: parameters[key] for key in PARAMETER.findall(sql)}
    return fetch(warehouse, kind, sql, named or None)


@cache
def _read_sql(name: str) -> str:
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
