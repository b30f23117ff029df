"""What dbt made of the project, kept in the user's cache folder under all that it depends on."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from os import getpid
from pathlib import Path

import platformdirs

from matchback.core.resources import DBT_DIRECTORY

PARSED_PARTS = ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds", "tests")
PARSED_VARIABLES = (
    "MATCHBACK_ENGINE",
    "MATCHBACK_DATASET_PREFIX",
    "MATCHBACK_BIGQUERY_PROJECT",
    "MATCHBACK_BIGQUERY_DATASET",
)
# A plan says with which settings of the profile it is built, too.
PLANNED_VARIABLES = (*PARSED_VARIABLES, "MATCHBACK_MEMORY_LIMIT")


def cache_folder() -> Path:
    """Return the folder of everything that a later run may read again; deleting it is safe."""
    return platformdirs.user_cache_path("matchback") / "dbt"


def project_digest(
    environment: Mapping[str, str], variables: Sequence[str] = PARSED_VARIABLES
) -> str:
    """Return one digest of the project's files, of dbt, and of the names of its relations."""
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-duckdb", "dbt-bigquery", "dbt-adapters"):
        digest.update(f"{package} {version(package)}\n".encode())
    # Names of relations come from the environment; the database of DuckDB is its file's stem.
    digest.update(f"{DBT_DIRECTORY} {Path(environment['MATCHBACK_WAREHOUSE']).stem}\n".encode())
    for name in variables:
        digest.update(f"{name}={environment.get(name)}\n".encode())
    for path in _project_files():
        digest.update(f"{path.relative_to(DBT_DIRECTORY)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def keep(path: Path, content: bytes, kept: int) -> None:
    """Write a file of the cache in one step, if that can be; the oldest of its kind go."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{getpid()}")
        draft.write_bytes(content)
        draft.replace(path)
        same_kind = path.parent.glob(f"*{path.suffix}")
        for old in sorted(same_kind, key=lambda one: -one.stat().st_mtime)[kept:]:
            old.unlink(missing_ok=True)


def _project_files() -> list[Path]:
    parts = [DBT_DIRECTORY / part for part in PARSED_PARTS]
    files = [path for part in parts for path in (part.rglob("*") if part.is_dir() else [part])]
    return sorted(path for path in files if path.is_file())
