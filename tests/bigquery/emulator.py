"""A BigQuery emulator in a child process, and clients that talk to it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from matchback.config import BigQueryWarehouseConfig
from matchback.core.resources import PACKAGE_ROOT
from matchback.sources.catalog import TABLES
from matchback.warehouse.bigquery import BigQueryWarehouse

PROJECT = "offline"
START_SECONDS = 60


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its REST address, its Storage API address and its process."""

    url: str
    grpc: str
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """What makes matchback, dbt and Google's client talk to the emulator."""
        return {
            "BIGQUERY_EMULATOR_HOST": self.url,
            "BIGQUERY_STORAGE_EMULATOR_HOST": self.grpc,
            "MATCHBACK_BIGQUERY_METHOD": "oauth-secrets",
        }

    def client(self) -> bigquery.Client:
        """Return a client without credentials."""
        return bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
            location="EU",
        )

    def warehouse(self, dataset: str = "matchback") -> BigQueryWarehouse:
        """Return matchback's warehouse in datasets of that name."""
        config = BigQueryWarehouseConfig(engine="bigquery", project=PROJECT, dataset=dataset)
        return BigQueryWarehouse(self.client(), config, tables=TABLES)


@contextmanager
def running_emulator(folder: Path) -> Iterator[Emulator]:
    """Run an empty emulator while the block runs; its state is in memory only."""
    ports_file = folder / "ports.json"
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bigquery.emulator_server", str(ports_file)],
            cwd=PACKAGE_ROOT.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        ports = _ports(ports_file, process)
        yield Emulator(
            url=f"http://127.0.0.1:{ports['rest']}",
            grpc=f"127.0.0.1:{ports['grpc']}",
            pid=process.pid,
        )
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _ports(ports_file: Path, process: subprocess.Popen[bytes]) -> dict[str, int]:
    deadline = time.monotonic() + START_SECONDS
    while not ports_file.exists():
        assert process.poll() is None, (ports_file.parent / "emulator.log").read_text()[-2000:]
        assert time.monotonic() < deadline, "the emulator did not start in time"
        time.sleep(0.05)
    return json.loads(ports_file.read_text(encoding="utf-8"))
