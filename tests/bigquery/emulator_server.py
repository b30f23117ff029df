"""Start bqemulator on free ports: `python -m tests.bigquery.emulator_server PORTS_FILE`.

It runs without network, so DuckDB's spatial and avro extensions stay out. Where it differs from the
service, it is corrected in `emulator_patches`, never the SQL that is sent to it.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from bqemulator.config import LogLevel, Settings
from bqemulator.server import EmulatorServer

from tests.bigquery.emulator_patches import patch_emulator


async def _serve(ports_file: Path) -> None:
    server = EmulatorServer(
        Settings(
            rest_port=0,
            grpc_port=0,
            default_project_id="offline",
            enable_format_extensions=False,
            log_level=LogLevel.CRITICAL,
            metrics_enabled=False,
            upload_staging_dir=ports_file.parent / "uploads",
        )
    )
    await server.start()
    ports = {"rest": server.rest_port, "grpc": server.grpc_port}
    unfinished = ports_file.with_suffix(".new")
    unfinished.write_text(json.dumps(ports), encoding="utf-8")
    unfinished.rename(ports_file)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(kind, ended.set)
    await ended.wait()
    await server.stop()


if __name__ == "__main__":
    patch_emulator()
    asyncio.run(_serve(Path(sys.argv[1])))
