"""Where the files that ship with matchback lie."""

from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
DBT_DIRECTORY = (PACKAGE_ROOT / "dbt_project").resolve()
SEEDS_DIRECTORY = DBT_DIRECTORY / "seeds"
SQL_DIRECTORY = (PACKAGE_ROOT / "sql").resolve()
CONTRACTS_DIRECTORY = (PACKAGE_ROOT / "expectations").resolve() / "contracts"
SOURCES_DIRECTORY = PACKAGE_ROOT / "sources"
