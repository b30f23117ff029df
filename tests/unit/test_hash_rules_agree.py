"""SQL and Python judge the form of a hash by the same rule: same verdict on every text."""

import duckdb
import pytest
from jinja2 import Environment

from matchback.core.resources import DBT_DIRECTORY
from matchback.hashing.explain import format_defect

DIGEST = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
SENT = [
    DIGEST,
    DIGEST + ".AQQCAQMC",
    DIGEST + ".AQ",
    DIGEST + ".AQQ",
    DIGEST.upper(),
    DIGEST.upper() + ".AQ",
    DIGEST[:32],
    DIGEST[:40],
    DIGEST * 2,
    DIGEST[:63],
    DIGEST[:8],
    DIGEST + "0",
    "0" * 21,
    "49" * 6,
    "19970216",
    "deadbeef",
    "de",
    "ada@example.org",
    "New York",
    "YqFORPdlQZ0Q/qmTZzYacnwSNl4lIPMiGNUF7Zqg9i8=",
    "YqFORPdlQZ0Q_qmTZzYacnwSNl4lIPMiGNUF7Zqg9i8",
    "XUFAKrxLKna5cZ2REBfFkg==",
    "x" * 43,
]


@pytest.fixture(scope="module")
def judge():
    """Run the macro's DuckDB rendering on one text."""
    environment = Environment(autoescape=False)
    environment.globals["regex_matches"] = lambda text, pattern: (
        f"regexp_matches({text}, '{pattern}')"
    )
    environment.globals["return"] = lambda value: value
    source = (DBT_DIRECTORY / "macros" / "rules" / "hashes.sql").read_text(encoding="utf-8")
    macros = environment.from_string(source).module
    expression = macros.hash_format_defect("sent")
    connection = duckdb.connect()

    def defect(sent: str) -> str:
        query = f"select {expression} from (select ? as sent)"
        return connection.execute(query, [sent]).fetchone()[0]

    return defect


@pytest.mark.parametrize("sent", SENT)
def test_the_warehouse_and_the_command_name_the_same_defect(judge, sent):
    assert judge(sent) == (format_defect(sent) or "")
