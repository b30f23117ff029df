"""The schema documentation."""

from matchback.config import Config
from matchback.opening import open_duckdb
from matchback.reporting.schema_docs import config_sections, schema_page


def test_every_key_of_the_config_is_listed_with_type_and_default() -> None:
    schema = Config.model_json_schema()
    sections = {section.name: section for section in config_sections(schema)}
    listed = {setting.key: setting for setting in sections["Ga4Files"].settings}

    assert {setting.key for setting in sections["matchback.yml"].settings} == set(
        schema["properties"]
    )
    assert listed["path"].default == "required"
    assert listed["event_id_params"].kind == "list of string"
    assert listed["event_id_params"].default == "event_id, x-fb-event_id"


def test_the_newest_contract_of_a_source_is_shown_escaped(tmp_path) -> None:
    with open_duckdb(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.apply_ddl()
        warehouse.execute(
            "insert into ops.schema_contracts (source, version) values ('ga4', 1), ('ga4', 2)"
        )
        warehouse.execute(
            "insert into ops.schema_contract_entries (source, version, kind, event_name, path, "
            "family, presence_share) values ('ga4', 1, 'parameter', 'purchase', 'old', 'text', 1), "
            "('ga4', 2, 'parameter', 'purchase', '<b>new</b>', 'number', 0.5)"
        )
        page = schema_page(warehouse)

    assert "version 2" in page
    assert "<code>&lt;b&gt;new&lt;/b&gt;</code>" in page
    assert ">old<" not in page
    assert "http://" not in page
