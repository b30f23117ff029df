"""Data that comes late, changed, twice, split or in another order ends in the same tables."""

import gzip
import random
from pathlib import Path

import duckdb
import pytest

from tests.faults.conftest import Clean
from tests.faults.kit import TwoDays, rows_not_accounted_for, state_of
from tests.fixtures.slack_double import reply, slack

pytestmark = pytest.mark.slow

# What a load says of its files (how many, how many rows twice) rightly differs.
OF_THE_LOAD = {"marts.fct_check_results", "marts.agg_health_score", "marts.fct_findings"}
# An identifier once seen stays known; a delivery is named by the file that brought it.
LONGER_THAN_A_DAY = {"marts.dim_identities"}
NAMED_BY_FILE = {"marts.fct_deliveries"}


def test_a_day_that_is_exported_again_late_changed_and_with_rows_removed_is_that_day(
    prepared: TwoDays, clean: Clean, tmp_path: Path
) -> None:
    with slack(reply()) as double:
        world = prepared.copy(tmp_path / "world", double.url)
        stamp = world.second.replace("-", "")
        shard = world.folder / "data" / "ga4" / f"events_{stamp}.parquet"
        whole = shard.read_bytes()
        early = shard.with_name("early.parquet")
        duckdb.execute(
            f"""
            copy (
                select * exclude (n) replace (
                    case when n % 7 = 0 then user_pseudo_id || '.9' else user_pseudo_id end
                        as user_pseudo_id,
                    case when n % 11 = 0 then 'scroll' else event_name end as event_name
                )
                from (select *, row_number() over () as n from read_parquet('{shard}'))
                where n % 5 > 0
                union all by name
                select * replace (event_timestamp + 1 as event_timestamp)
                from (from read_parquet('{shard}') limit 20)
            ) to '{early}' (format parquet)
            """
        )
        early.replace(shard)
        first = world.run(world.second)
        at_first = state_of(world.folder)
        shard.write_bytes(whole)
        again = world.run(world.second)

    assert first.code in (0, 1), first.stderr
    assert again.code == 1, again.stderr
    assert at_first.published != clean.state.published
    found = state_of(world.folder).published
    for table in clean.state.published.keys() - {"marts.fct_check_results"} - LONGER_THAN_A_DAY:
        assert found[table] == clean.state.published[table], table


def test_logs_that_come_twice_split_renamed_and_shuffled_count_once(
    prepared: TwoDays, clean: Clean, tmp_path: Path
) -> None:
    chance = random.Random(5)
    with slack(reply()) as double:
        world = prepared.copy(tmp_path / "world", double.url)
        stamp = world.second.replace("-", "")
        log = world.folder / "data" / "capi" / f"gtms_{stamp}.json.gz"
        lines = gzip.decompress(log.read_bytes()).splitlines(keepends=True)
        half = len(lines) // 2
        for name, part in (("a", lines[:half]), ("b", lines[half - 20 :]), ("c", lines)):
            chance.shuffle(part)
            copy = log.with_name(f"gtms_{stamp}_{name}.json.gz")
            copy.write_bytes(gzip.compress(b"".join(part)))
        log.unlink()
        finished = world.run(world.second)

    assert finished.code == 1, finished.stderr
    assert rows_not_accounted_for(world.folder) == 0
    found = state_of(world.folder).published
    for table in clean.state.published.keys() - OF_THE_LOAD - NAMED_BY_FILE:
        assert found[table] == clean.state.published[table], table
