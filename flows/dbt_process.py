"""The dbt process of a run: `python -m flows.dbt_process`, one request on stdin, one answer.

It is started before its work is known, so that importing dbt and reading the project happen beside
loading. The parsed project is kept in the user's cache folder under a name made of everything that
it depends on; a folder that runs for the first time does not parse it again.
"""

import gc
import hashlib
import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from importlib import import_module
from importlib.metadata import version
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from flows.resources import DBT_DIRECTORY
from flows.settings import Settings, tell_dbt
from flows.warehouse.base import DAMAGED_BLOCK

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ManifestNode

MANIFESTS_KEPT = 4
PARSED_PARTS = ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds", "tests")
PARSED_VARIABLES = (
    "MATCHBACK_ENGINE",
    "MATCHBACK_DATASET_PREFIX",
    "MATCHBACK_BIGQUERY_PROJECT",
    "MATCHBACK_BIGQUERY_DATASET",
)
COMMON = (
    *("--project-dir", str(DBT_DIRECTORY)),
    *("--quiet", "--no-use-colors", "--no-write-json", "--log-level-file", "info"),
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

    tell_dbt(request["settings"])
    _collect_less()
    finished = dbtRunner(manifest=manifest).invoke([*request["arguments"], *COMMON])
    nodes = [
        {
            "unique_id": result.node.unique_id,
            "status": str(result.status),
            "is_damage": DAMAGED_BLOCK in (result.message or ""),
            "bytes_billed": int(result.adapter_response.get("bytes_billed") or 0),
            "compiled": _stored_query(result.node) if request["arguments"][0] == "compile" else "",
        }
        for result in getattr(finished.result, "results", ())
    ]
    error = type(finished.exception).__name__ if finished.exception else None
    return {"nodes": nodes, "is_success": finished.success, "error": error}


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
    from dbt.parser.manifest import extended_mashumuro_decoder

    import_module(f"dbt.adapters.{environment.get('MATCHBACK_ENGINE', 'duckdb')}")
    cached = _cache_file(environment)
    with suppress(OSError, ValueError, TypeError, KeyError):
        manifest = Manifest.from_msgpack(cached.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()
        cached.touch()
        return manifest
    manifest = dbtRunner().invoke(["parse", *COMMON]).result
    if isinstance(manifest, Manifest):
        with suppress(OSError):
            _keep(cached, manifest)
        return manifest
    return None


def _keep(cached: Path, manifest: "Manifest") -> None:
    """Write the parsed project in one step; the oldest beyond the last few go."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    cached.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = cached.with_suffix(f".{getpid()}")
    draft.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))
    draft.replace(cached)
    others = sorted(cached.parent.glob("*.msgpack"), key=lambda path: -path.stat().st_mtime)
    for path in others[MANIFESTS_KEPT:]:
        path.unlink(missing_ok=True)


def _cache_file(environment: Mapping[str, str]) -> Path:
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-duckdb", "dbt-bigquery", "dbt-adapters"):
        digest.update(f"{package} {version(package)}\n".encode())
    # Names of relations come from the environment; the database of DuckDB is its file's stem.
    digest.update(f"{DBT_DIRECTORY} {Path(environment['MATCHBACK_WAREHOUSE']).stem}\n".encode())
    for name in PARSED_VARIABLES:
        digest.update(f"{name}={environment.get(name)}\n".encode())
    for path in _project_files():
        digest.update(f"{path.relative_to(DBT_DIRECTORY)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return platformdirs.user_cache_path("matchback") / "dbt" / f"{digest.hexdigest()}.msgpack"


def _project_files() -> list[Path]:
    parts = [DBT_DIRECTORY / part for part in PARSED_PARTS]
    files = [path for part in parts for path in (part.rglob("*") if part.is_dir() else [part])]
    return sorted(path for path in files if path.is_file())


if __name__ == "__main__":
    main()
