"""`dbt build` by hand, as docs/dbt_by_hand.md says it, builds what the run has built."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from matchback.core.resources import PACKAGE_ROOT
from tests.worlds import World

DESCRIPTION = (PACKAGE_ROOT / "../docs/dbt_by_hand.md").resolve()


def candidates(folder: Path) -> dict[str, list[str]]:
    """Return the rows of each candidate table, ordered."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts_next'"
        ).fetchall()
        return {
            table: [row for (row,) in connection.execute(
                f"select cast(rows as varchar) from marts_next.{table} as rows order by 1"
            ).fetchall()]
            for (table,) in tables
        }  # fmt: skip


def test_dbt_build_by_hand_builds_what_the_run_has_built(clean_run: World, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clean_run.path, tmp_path / "world"))
    built = candidates(folder)
    # A run empties this one when it has published it.
    published = duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)
    with published:
        published.execute("set TimeZone = 'UTC'")
        built["fct_deliveries"] = [
            row for (row,) in published.execute(
                "select cast(rows as varchar) from marts.fct_deliveries as rows order by 1"
            ).fetchall()
        ]  # fmt: skip

    [commands] = re.findall(r"```sh\n(.*?)```", DESCRIPTION.read_text(encoding="utf-8"), re.DOTALL)
    by_hand = subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=folder,
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert by_hand.returncode == 0, by_hand.stdout[-2000:]
    assert candidates(folder) == built
