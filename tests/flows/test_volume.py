"""The volume band: a season and public holidays are no news, a lost third of a weekday is."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from matchback.build import dbt
from matchback.config import load_config
from matchback.core.clock import Clock
from matchback.core.window import Window
from matchback.opening import open_duckdb
from matchback.quality.schema_contract import public_holidays
from tests.runs import CACHE

START = date(2026, 11, 1)
DAYS = [START + timedelta(days=offset) for offset in range(60)]
WEEK = (1.1, 1.05, 1.0, 1.0, 0.95, 0.7, 0.6)
HOLIDAYS = {date(2026, 12, 25): 0.4, date(2026, 12, 26): 0.5}
TUESDAY = date(2026, 12, 15)
CLOCK = Clock(datetime(2027, 1, 5, 12, tzinfo=UTC))


def daily_counts(seed: int, level: int) -> dict[date, float]:
    """Sixty days with a weekly season, slow growth, four per cent noise and two holidays."""
    noise = random.Random(seed)
    return {
        day: round(
            level
            * WEEK[day.weekday()]
            * (1 + number / 300)
            * noise.gauss(1, 0.04)
            * HOLIDAYS.get(day, 1.0)
        )
        for number, day in enumerate(DAYS)
    }


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, date], float | None]:
    """Build the bands of three sources at once: calm, with a lost Tuesday, and young."""
    root = tmp_path_factory.mktemp("volume")
    (root / "matchback.yml").write_text(
        "property: {default_country: DE}\nsources: {ga4: {path: data}}\n", encoding="utf-8"
    )
    config = load_config(root / "matchback.yml", {})
    lost = daily_counts(2, 4000)
    lost[TUESDAY] *= 0.7
    young = {day: count for day, count in daily_counts(3, 4000).items() if day >= DAYS[-14]}
    sources = {"calm": daily_counts(1, 4000), "lost": lost, "young": young}
    with open_duckdb(config.warehouse_path) as warehouse:
        warehouse.apply_ddl()
        warehouse.execute("create schema work")
        warehouse.execute(
            "create table work.int_source_volumes (source varchar, event_date date, "
            "metric varchar, canonical_event varchar, value double, newest_at timestamp)"
        )
        for source, counts in sources.items():
            for day, count in counts.items():
                warehouse.execute(
                    "insert into work.int_source_volumes values (?, ?, 'rows', '', ?, null)",
                    [source, day, count],
                )
    window = Window(DAYS[0], DAYS[-1])
    settings = dbt.dbt_settings(config, window, "run", CLOCK, has_gateway=False)
    settings["holidays"] = public_holidays("DE", DAYS[0], DAYS[-1])
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(root), "DO_NOT_TRACK": "1", **CACHE}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "DAILY_SELECTION", ("--select", "int_volume_bands,resource_type:model"))
        with dbt.DbtProcess(config, environment) as process:
            process.build(settings)
    with open_duckdb(config.warehouse_path) as warehouse:
        rows = warehouse.rows("select source, event_date, verdict from work.int_volume_bands")
    return {
        (row["source"], row["event_date"]): None
        if row["verdict"] is None
        else float(row["verdict"])
        for row in rows
    }


def test_a_season_growth_and_two_public_holidays_give_no_alert(
    verdicts: dict[tuple[str, date], float | None],
) -> None:
    judged = [verdicts["calm", day] for day in DAYS[14:]]

    assert judged == [1.0] * 46


def test_a_third_lost_on_one_weekday_fails_that_date_only(
    verdicts: dict[tuple[str, date], float | None],
) -> None:
    failed = [day for day in DAYS if verdicts["lost", day] == 0]

    assert failed == [TUESDAY]


def test_below_fourteen_days_of_history_nothing_is_judged(
    verdicts: dict[tuple[str, date], float | None],
) -> None:
    assert {verdicts["calm", day] for day in DAYS[:14]} == {None}
    assert {verdicts["young", day] for day in DAYS[-14:]} == {None}
