"""The published JSON Schema of matchback.yml: `python -m matchback.config.schema` writes it."""

import json

from matchback.config.document import Config
from matchback.core.resources import PACKAGE_ROOT


def json_schema_text() -> str:
    """Return the published JSON Schema of matchback.yml."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "matchback.yml"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    (PACKAGE_ROOT.parent / "docs" / "matchback.schema.json").write_text(
        json_schema_text(), encoding="utf-8"
    )
