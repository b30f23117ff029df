"""What dbt is told of the staging models of delivery logs and of who keeps personal data."""

from pathlib import Path
from typing import Any

import yaml

from matchback.core.resources import DBT_DIRECTORY
from matchback.sources.catalog import TABLES
from matchback.sources.logs.log_format import staging_models

STAGING = DBT_DIRECTORY / "models" / "staging" / "capi"
MODELS_FILE = STAGING / "_models.yml"
ACCESS_FILE = DBT_DIRECTORY / "models" / "_access.yml"
HEADER = "# Written by python -m matchback.sources.generate.\n"
# What the macro canonical_server_events selects; the glossary describes each.
SERVER_EVENT = [
    "source_format",
    "file_name",
    "row_number",
    "batch_position",
    "destination",
    "definition",
    "dataset_id",
    "request_id",
    "answer_id",
    "received_at",
    "outcome",
    "http_status",
    "error_code",
    "error_subcode",
    "is_parse_failure",
    "is_test",
    "has_payload",
    "event_name",
    "event_id",
    "order_id",
    "lead_id",
    "event_at",
    "event_time_defect",
    "action_source",
    "event_source_url",
    "value",
    "currency",
    "items",
    "identifiers",
    "present_fields",
    "unknown_keys",
    "payload_paths",
    "event_type",
    "user_id",
    "client_id",
    "jurisdiction",
    "gpc",
    "consent_necessary",
    "consent_analytics",
    "consent_marketing",
    "consent_basis",
    "block_reason",
    "fields_sent",
    "fields_stripped",
]
RECORD = ["file_name", "row_number", "batch_position"]
ACCESS = (
    "What is held about one person and what was sent, by destination and time, with its consent "
    "basis; and the two jobs that end it. Raw rows are deleted, published ones anonymised, a proof "
    "is kept."
)


def models_yaml() -> str:
    """Return the description of every staging model of a delivery log; its SQL tells the grain."""
    return _yaml({"models": [_model(name) for name in staging_models()]})


def access_yaml() -> str:
    """Return the exposure of the jobs that read every table with references to persons."""
    personal = [table for table in TABLES if table.is_personal]
    published = [table.short_name for table in personal if table.schema == "marts"]
    landed = sorted(table.short_name for table in personal if table.schema == "landing")
    exposure = {
        "name": "access",
        "label": "matchback access, erase and retention",
        "type": "application",
        "maturity": "high",
        "description": ACCESS,
        "owner": {"name": "Data protection"},
        "depends_on": [
            *(f"ref('{name}')" for name in published),
            *(f"source('landing', '{name}')" for name in landed),
            "source('ops', 'erasure_requests')",
        ],
    }
    return _yaml({"exposures": [exposure]})


def _model(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": _grain(STAGING / f"{name}.sql"),
        "data_tests": [{"unique_together": {"arguments": {"columns": list(RECORD)}}}],
        "columns": [
            {"name": column, "description": f"{{{{ doc('{column}') }}}}"} for column in SERVER_EVENT
        ],
    }


def _grain(model: Path) -> str:
    first, *_ = model.read_text(encoding="utf-8").splitlines()
    return first.removeprefix("-- ")


def _yaml(content: dict[str, Any]) -> str:
    return HEADER + yaml.safe_dump({"version": 2, **content}, sort_keys=False, width=1000)
