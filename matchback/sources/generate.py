"""Writes what follows from the source folders elsewhere: `python -m matchback.sources.generate`."""

from pathlib import Path

from matchback.core.resources import DBT_DIRECTORY
from matchback.sources.dbt_models import ACCESS_FILE, MODELS_FILE, access_yaml, models_yaml
from matchback.sources.dbt_sources import SOURCES_FILE, sources_yaml
from matchback.sources.logs.log_format import staging_models

LOG_MACRO = DBT_DIRECTORY / "macros" / "generated" / "log_formats.sql"


def generated_files() -> dict[Path, str]:
    """Return each file with its text."""
    return {
        LOG_MACRO: _log_macro(staging_models()),
        SOURCES_FILE: sources_yaml(),
        MODELS_FILE: models_yaml(),
        ACCESS_FILE: access_yaml(),
    }


def _log_macro(models: list[str]) -> str:
    listed = "\n".join(f"    '{model}'," for model in models).rstrip(",")
    return (
        "{# Staging models of the delivery logs by rank: of one attempt the first is believed.\n"
        "   Written by `python -m matchback.sources.generate` from sources/logs/formats. #}\n"
        "{% macro log_staging_models() -%}\n"
        f"{{{{ return([\n{listed}\n]) }}}}\n"
        "{%- endmacro %}\n"
    )


if __name__ == "__main__":
    for path, text in generated_files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
