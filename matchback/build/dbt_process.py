"""The dbt process of a run: `python -m matchback.build.dbt_process`, one request, one answer.

It is started before its work is known, so that importing dbt and reading the project happen beside
loading. The parsed project is kept in the user's cache folder under a name made of everything that
it depends on; a folder that runs for the first time does not parse it again.
"""

import gc
import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from matchback.build.dbt_cache import cache_folder, keep, project_digest
from matchback.build.dbt_plan import PlanError, make_plan
from matchback.core.resources import DBT_DIRECTORY
from matchback.core.settings import Settings, tell_dbt
from matchback.warehouse.base import DAMAGED_BLOCK

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ManifestNode

MANIFESTS_KEPT = 4
COMMON = (
    *("--project-dir", str(DBT_DIRECTORY)),
    *("--no-use-colors", "--no-write-json", "--log-level", "none", "--log-level-file", "info"),
)


def main() -> None:
    """Prepare, wait for a request {"settings", "arguments"}, run dbt, answer its results."""
    with redirect_stdout(sys.stderr):
        manifest = _manifest(Settings.from_environment().environment)
        request = sys.stdin.readline()
        answer = _invoke(manifest, json.loads(request)) if request.strip() else None
    if answer is not None:
        sys.stdout.write(json.dumps(answer))


def _invoke(manifest: "Manifest | None", request: Mapping[str, Any]) -> dict[str, Any]:
    """Run one dbt command; an error is named by its type only, its text may quote a row."""
    from dbt.cli.main import dbtRunner

    command, *options = request["arguments"]
    tell_dbt(request["settings"])
    _collect_less()
    finished = dbtRunner(manifest=manifest).invoke([command, *COMMON, *options])
    if command == "list":
        return _planned(manifest, finished)
    nodes = [
        {
            "unique_id": result.node.unique_id,
            "status": str(result.status),
            "is_damage": DAMAGED_BLOCK in (result.message or ""),
            "bytes_billed": int(result.adapter_response.get("bytes_billed") or 0),
            "compiled": _stored_query(result.node) if command == "compile" else "",
        }
        for result in getattr(finished.result, "results", ())
    ]
    error = type(finished.exception).__name__ if finished.exception else None
    return {"nodes": nodes, "is_success": finished.success, "error": error}


def _planned(manifest: "Manifest | None", listed: "dbtRunnerResult") -> dict[str, Any]:
    """Compile what dbt listed; it has set up its adapter to list it."""
    if manifest is None or not listed.success:
        return {"nodes": [], "is_success": False}
    try:
        plan = make_plan(manifest, listed.result)
    except PlanError as broken:
        return {"nodes": [_node(broken.unique_id, "error", str(broken))], "is_success": False}
    nodes = [_node(one["unique_id"], "success") for one in plan["models"]]
    return {"nodes": nodes, "is_success": True, "plan": plan}


def _node(unique_id: str, status: str, text: str = "") -> dict[str, Any]:
    return {"unique_id": unique_id, "status": status, "text": text, "is_damage": False}


def _stored_query(node: "ManifestNode") -> str:
    """Return the query behind a table; a view scans nothing until it is read."""
    is_stored = node.resource_type == "model" and node.config.materialized != "view"
    return node.compiled_code or "" if is_stored else ""


def _collect_less() -> None:
    """Keep the collector off the parsed project: tens of thousands of objects that stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _manifest(environment: Mapping[str, str]) -> "Manifest | None":
    """Return the parsed project from the cache, else parse it; None when dbt cannot parse it."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    import_module(f"dbt.adapters.{environment.get('MATCHBACK_ENGINE', 'duckdb')}")
    cached = cache_folder() / f"{project_digest(environment)}.msgpack"
    with suppress(OSError, ValueError, TypeError, KeyError):
        manifest = Manifest.from_msgpack(cached.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()
        cached.touch()
        return manifest
    manifest = dbtRunner().invoke(["parse", *COMMON]).result
    if isinstance(manifest, Manifest):
        keep(cached, manifest.to_msgpack(extended_mashumaro_encoder), MANIFESTS_KEPT)
        return manifest
    return None


if __name__ == "__main__":
    main()
