"""The process that runs dbt: `python -m matchback.build.dbt_process FOLDER`, one command.

It is started before its work is known, so that importing dbt and parsing the project happen beside
loading. dbt keeps the parsed project in the user's cache folder, so most runs only read it again.
It is its own process because dbt keeps its handle on the warehouse, and the memory goes with it.
"""

import gc
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import platformdirs

from matchback.core.settings import Settings, limit_memory_of_dbt
from matchback.warehouse.base import DAMAGED_BLOCK

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

# Project, profiles, target and logs are named by the environment.
COMMON = (
    *("--no-use-colors", "--no-version-check", "--no-send-anonymous-usage-stats"),
    *("--log-level", "none", "--log-level-file", "none"),
)

OUT_OF_MEMORY = "Out of Memory Error"
# How an error begins that speaks of the SQL; any other text may quote a row and stays untold.
SPEAKS_OF_SQL = re.compile(
    r"Got \d+ results?|Compilation Error in |\w+ Error in [^\n]*\n\s*"
    r"((Binder|Catalog|Parser|Permission|IO|Out of Memory) Error: |Syntax error: |"
    r"Unrecognized name: |Not found: |Access Denied: )"
)
KIND = re.compile(r"^\s*([A-Z][A-Za-z ]* Error): ", re.MULTILINE)


class Request(TypedDict):
    """A dbt command with its options; the settings become its vars, the memory may be raised."""

    arguments: list[str]
    settings: Mapping[str, Any]
    first_memory: str | None


class Node(TypedDict):
    """What became of a node; the text quotes no row."""

    unique_id: str
    status: str
    text: str
    compiled: str
    bytes_billed: int
    is_damage: bool


class Answer(TypedDict):
    """What became of a command; an error outside the nodes is named by its type only."""

    nodes: list[Node]
    is_success: bool
    error: str | None


def main() -> None:
    """Parse, wait for a request, run dbt, answer."""
    os.chdir(sys.argv[1])
    with redirect_stdout(sys.stderr):
        manifest = _parsed(cache_folder(Settings.from_environment().environment))
        _collect_less()
        line = sys.stdin.readline()
        answer = _answer(manifest, json.loads(line)) if line.strip() else None
    if answer is not None:
        json.dump(answer, sys.stdout)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return where dbt keeps what it parsed, by project and engine; deleting it is safe.

    What is parsed holds the path of the project: of two installations each has a folder of its own.
    """
    chosen = environment.get("MATCHBACK_CACHE")
    folder = Path(chosen) if chosen else platformdirs.user_cache_path("matchback")
    project = sha256(environment.get("DBT_PROJECT_DIR", "").encode()).hexdigest()[:12]
    return folder / "dbt" / project / environment.get("MATCHBACK_ENGINE", "duckdb")


def _parsed(folder: Path) -> "Manifest | None":
    """Return the parsed project; None when dbt cannot parse it, which the command then says."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    parsed = dbtRunner().invoke(
        ["parse", *COMMON, "--partial-parse", "--no-write-json", "--target-path", str(folder)]
    )
    return parsed.result if isinstance(parsed.result, Manifest) else None


def _answer(manifest: "Manifest | None", request: Request) -> Answer:
    """Run the command; a build for which the first memory is too little is done again with all."""
    if request["first_memory"]:
        limit_memory_of_dbt(request["first_memory"])
    finished = _invoked(manifest, request)
    if request["first_memory"] and any(
        OUT_OF_MEMORY in (result.message or "") for result in _results(finished)
    ):
        limit_memory_of_dbt(None)
        finished = _invoked(manifest, request)
    return {
        "nodes": [_node(result) for result in _results(finished)],
        "is_success": finished.success,
        "error": type(finished.exception).__name__ if finished.exception else None,
    }


def _invoked(manifest: "Manifest | None", request: Request) -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunner

    options = ["--vars", json.dumps(dict(request["settings"]))]
    return dbtRunner(manifest=manifest).invoke([*request["arguments"], *COMMON, *options])


def _results(finished: "dbtRunnerResult") -> "Iterator[NodeResult]":
    yield from getattr(finished.result, "results", ())


def _node(result: "NodeResult") -> Node:
    message = result.message or ""
    return {
        "unique_id": result.node.unique_id,
        "status": str(result.status),
        "text": told(message) if str(result.status) in ("error", "fail") else "",
        "compiled": _stored_query(result.node),
        "bytes_billed": int(result.adapter_response.get("bytes_billed") or 0),
        "is_damage": DAMAGED_BLOCK in message,
    }


def told(message: str) -> str:
    """Return what the log may say of an error: all of it, or only its kind."""
    if SPEAKS_OF_SQL.match(message):
        return message
    kind = KIND.search(message)
    return kind[1] if kind else message.partition(" in ")[0].partition(":")[0]


def _stored_query(node: Any) -> str:  # noqa: ANN401 - any node of dbt's
    """Return the query behind a table; a view scans nothing until it is read."""
    is_stored = node.resource_type == "model" and node.config.materialized != "view"
    return node.compiled_code or "" if is_stored else ""


def _collect_less() -> None:
    """Keep the collector off the parsed project: tens of thousands of objects that stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


if __name__ == "__main__":
    main()
