"""CRM orders from a real PostgreSQL server, started for the test and stopped after it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.flows.test_load_crm import orders, project_of

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(BINARIES is None, reason="Debian's postgresql is not installed"),
]


def as_server_user(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; Debian's own user runs it then."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


@pytest.fixture
def server() -> Iterator[Path]:
    """Yield the folder of the socket of a running server."""
    folder = Path("/tmp") / f"matchback-postgres-{os.getpid()}"
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run(
            as_server_user(
                str(BINARIES / "initdb"), "-D", str(data), "-U", "matchback", "-A", "trust"
            ),
            cwd="/",
            **quiet,
        )
        control = [str(BINARIES / "pg_ctl"), "-D", str(data), "-w", "-o", options]
        subprocess.run(as_server_user(*control, "start"), cwd="/", **quiet)
        try:
            yield folder
        finally:
            subprocess.run(as_server_user(*control, "-m", "fast", "stop"), cwd="/", **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_orders_are_read_from_postgresql_and_again_when_they_changed(
    server: Path, tmp_path: Path
) -> None:
    with psycopg.connect(host=str(server), user="matchback", dbname="postgres") as database:
        database.execute(
            'create table orders ("Order No" text, placed timestamptz, total numeric, mail text)'
        )
        database.execute(
            "insert into orders values "
            "('A1', '2026-11-12 10:00:00+01', 12.50, 'ada@example.org'), "
            "('A2', '2026-11-12 11:00:00+01', 99.90, null)"
        )
    columns = {"order_id": "Order No", "ordered_at": "placed", "value": "total", "email": "mail"}
    url = f"postgresql+psycopg://matchback@/postgres?host={server}"
    project = project_of(tmp_path, path=None, url=url, table="orders", columns=columns)

    assert project.load().rows_loaded == 2
    assert project.load().rows_read == 0
    with psycopg.connect(host=str(server), user="matchback", dbname="postgres") as database:
        database.execute("update orders set total = 20 where \"Order No\" = 'A1'")
    project.load()

    assert sorted(row["value"] for row in orders(project)) == [Decimal("20.00"), Decimal("99.90")]
    assert {str(row["ordered_at"]) for row in orders(project)} == {
        "2026-11-12 09:00:00",
        "2026-11-12 10:00:00",
    }
