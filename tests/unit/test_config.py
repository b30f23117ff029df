from pathlib import Path

import pytest

from matchback.config import load_config, parse_size
from matchback.config.schema import json_schema_text
from matchback.core.errors import ConfigError, ExitCode
from matchback.core.settings import Settings, parse_as_of

REPOSITORY = Path(__file__).resolve().parents[2]
MINIMAL = "sources: {consent: {path: 'data/*.jsonl'}}\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "matchback.yml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text), environment or {})
    assert caught.value.exit_code == ExitCode.BAD_USAGE
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_published_json_schema_is_up_to_date():
    published = REPOSITORY / "docs" / "matchback.schema.json"
    assert published.read_text(encoding="utf-8") == json_schema_text(), (
        "run python -m matchback.config.schema"
    )


def test_the_smallest_config_has_defaults_and_knows_its_folder(tmp_path):
    config = load_config(written(tmp_path, MINIMAL), {})
    assert config.root == tmp_path.resolve()
    assert (config.min_n, config.lookback_days) == (20, 3)
    assert config.warehouse_path == config.root / "warehouse.duckdb"


def test_the_config_of_the_specification_is_accepted(tmp_path):
    text = """
property: {timezone: Europe/Berlin, default_country: DE, currency: EUR}
warehouse:
  {engine: bigquery, project: p, dataset: matchback, location: EU, maximum_bytes_billed: 20GB}
sources:
  ga4:  {kind: files, path: "data/ga4/events_*", event_id_params: [event_id, x-fb-event_id]}
  capi:
    - {format: gtms_bigquery, path: "data/capi/gtms_*.json.gz", dataset_id: "123"}
  crm:
    path: "data/crm/orders_*.csv"
    timezone: Europe/Berlin
    columns: {order_id: Name, ordered_at: Created at, value: Total}
  consent: {path: "data/consent/*.jsonl"}
  meta_quality: {dataset_ids: ["123"], access_token: "${META_TOKEN}"}
stack: {sgtm_custom_domain: active, capi_integration: gateway, hash_convention: documented}
flow_map: {owners: {ga4: web-team, capi: data-team, crm: sales-ops}, releases: "releases.csv"}
identity: {precedence: [customer_id, hashed_email, click_id, client_id]}
alerts: {slack_webhook_url: "${SLACK_WEBHOOK_URL}", channel_owners: {}, remind_after_hours: 24}
retention: {delivery_log_days: 90, aggregates_years: 3}
schedule: {cron: "0 7 * * *"}
"""
    environment = {"META_TOKEN": "token-1", "SLACK_WEBHOOK_URL": "https://proxy.example.com/hook"}
    config = load_config(written(tmp_path, text), environment)
    assert config.warehouse.maximum_bytes == 20 * 10**9
    assert config.sources.meta_quality.access_token.get_secret_value() == "token-1"
    assert "token-1" not in repr(config)
    assert "proxy.example.com" not in repr(config)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("propety: {}\n" + MINIMAL, "top level: unknown key 'propety'; did you mean 'property'?"),
        (MINIMAL + "alerts: {slack_webhook: x}", "did you mean 'slack_webhook_url'?"),
        ("sources: {ga4: {pth: x}}", "sources.ga4: unknown key 'pth'; did you mean 'path'?"),
        (
            "sources: {crm: {path: x, columns: {order_id: a, ordred_at: b}}}",
            "sources.crm.columns: unknown key 'ordred_at'; did you mean 'ordered_at'?",
        ),
        (MINIMAL + "property: {timezone: Mars/Olympus}", "'Mars/Olympus' is not a time zone"),
        (MINIMAL + "property: {timezone: ../../etc/passwd}", "is not a time zone"),
        ("sources: {}", "no source is configured"),
        ("property: {timezone: UTC}", "sources: is required and missing"),
        ("", "is empty or no mapping"),
        ("a: [", "is not valid YAML in line 1"),
        ("sources: {}\nsources: {}", "the key 'sources' is given twice"),
        (
            'sources: {ga4: {kind: bigquery, project: "p\'; drop table x", dataset: d}}',
            "sources.ga4.project: holds a character that is not allowed here",
        ),
        (
            "sources: {crm: {url: 'sqlite://', table: 'orders; drop table x'}}",
            "sources.crm.table: holds a character that is not allowed here",
        ),
        ("sources: {crm: {url: 'sqlite://'}}", "give exactly one of table and query"),
        ("sources: {capi: {format: gtms_bigquery, path: ../x}}", "leaves the folder"),
        (MINIMAL + 'warehouse: {path: w, memory_limit: "1GB\'; drop"}', "is not a size"),
        (MINIMAL + "schedule: {cron: daily}", "is not a cron line"),
        (MINIMAL + "property: {default_country: NO}", "put it in quotes"),
        ("sources: {crm: {path: x, statuses: {invalid: [NO]}}}", "put it in quotes"),
        ("sources: {crm: {path: x, statuses: {valid: [A], refund: [a]}}}", "is given twice"),
        ("sources: {crm: {path: x, date_format: dym}}", "is neither dmy, mdy, ymd nor"),
        ("sources: {crm: {path: x, encoding: utf-9}}", "is no encoding"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path, text, expected):
    assert expected in refusal(tmp_path, text)


def test_an_unset_variable_is_named_with_its_key(tmp_path):
    sentence = refusal(tmp_path, MINIMAL + "alerts: {slack_webhook_url: '${HOOK}'}")
    assert "alerts.slack_webhook_url" in sentence
    assert "HOOK is not set" in sentence


def test_a_variable_may_have_a_default(tmp_path):
    config = load_config(
        written(tmp_path, MINIMAL + "alerts: {slack_webhook_url: '${HOOK:-}'}"), {}
    )
    assert config.alerts.slack_webhook_url is None


def test_a_wrong_secret_is_not_repeated(tmp_path):
    sentence = refusal(
        tmp_path, MINIMAL + "alerts: {slack_webhook_url: '${HOOK}'}", {"HOOK": "hush-hush"}
    )
    assert "hush-hush" not in sentence


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no config file .*nowhere\.yml"):
        load_config(tmp_path / "nowhere.yml", {})


def test_a_file_that_cannot_be_read_is_told_in_plain_words(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load_config(tmp_path, {})
    latin = tmp_path / "latin.yml"
    latin.write_bytes("sources: {ga4: {path: größe}}".encode("latin-1"))
    with pytest.raises(ConfigError, match="is no UTF-8 text"):
        load_config(latin, {})


def test_a_link_out_of_the_folder_is_refused_unless_allowed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.jsonl").write_text("{}\n", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    (project / "data").symlink_to(outside)
    config = load_config(written(project, MINIMAL), {})
    with pytest.raises(ConfigError, match="leaves the folder"):
        config.find_files("data/*.jsonl", where="sources.consent.path")
    assert config.find_files("data/*.jsonl", where="x", allow_outside=True)


def test_an_absolute_path_is_taken_as_meant(tmp_path):
    (tmp_path / "a.jsonl").write_text("{}\n", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    config = load_config(written(project, MINIMAL), {})
    found = config.find_files(f"{tmp_path}/*.jsonl", where="x")
    assert [path.name for path in found] == ["a.jsonl"]


def test_one_delivery_log_needs_no_list(tmp_path):
    text = "sources: {capi: {format: gateway_audit, path: x, dataset_id: 123}}"
    config = load_config(written(tmp_path, text), {})
    assert [log.dataset_id for log in config.sources.capi] == ["123"]


@pytest.mark.parametrize(
    ("text", "size"), [("1kB", 1000), ("1.5GiB", 1610612736), ("20 GB", 2 * 10**10)]
)
def test_sizes_are_read_with_their_unit(text, size):
    assert parse_size(text) == size


def test_the_environment_sets_the_present():
    settings = Settings.from_environment({"MATCHBACK_AS_OF": "2026-11-22T13:00:00+01:00"})
    assert settings.as_of == parse_as_of("2026-11-22T12:00:00Z")
    assert "MATCHBACK_AS_OF" not in repr(settings)


def test_a_present_that_is_no_time_is_refused():
    with pytest.raises(ConfigError, match="MATCHBACK_AS_OF is not a timestamp"):
        Settings.from_environment({"MATCHBACK_AS_OF": "noon"})
