"""What holds for every source: idempotence, conservation, refusal, replay. Shown on two of them."""

import gzip
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchback.core.errors import ConfigError, ExitCode, SourceError
from matchback.loading.load import load_sources
from matchback.loading.replay import replay_quarantine
from matchback.sources.kit import land_lines
from matchback.sources.kit.files import describe_file
from tests.fixtures.tokens import TOKEN
from tests.load_kit import CLOCK, WINDOW, Project, decision, exchange, lines

CONSENT = {"consent": {"path": "data/*.jsonl*"}}
CAPI = {"capi": [{"format": "request_response", "path": "data/*"}]}


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path, CONSENT)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("arbitrary"), CAPI)


def decisions(*numbers):
    return lines(decision(number) for number in numbers)


def users(project):
    return sorted(row["user_id"] for row in project.rows("select user_id from landing.consent_log"))


def test_a_second_load_of_the_same_file_does_nothing(project):
    project.write("data/a.jsonl", decisions(1, 2))
    assert project.load().rows_loaded == 2
    assert project.load().rows_read == 0
    assert project.count() == 2
    assert len(project.ledger()) == 1


def test_a_touched_file_is_known_by_its_new_time(project):
    path = project.write("data/a.jsonl", decisions(1, 2))
    project.load()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert project.load().rows_read == 0
    (known,) = project.ledger()
    assert known["modified_at"] == describe_file(path, "a.jsonl", "log").modified_at
    assert known["file_size"] == path.stat().st_size


def test_a_renamed_file_changes_nothing(project):
    path = project.write("data/a.jsonl", decisions(1, 2))
    project.load()
    path.rename(path.with_name("b.jsonl"))
    assert project.load().rows_duplicate == 2
    assert project.count() == 2
    project.load()
    assert len(project.ledger()) == 2
    project.assert_conserved()


def test_a_recompressed_file_changes_nothing(project):
    path = project.write("data/a.jsonl", decisions(1, 2))
    project.load()
    project.write("data/a.jsonl.gz", path.read_bytes())
    path.unlink()
    assert project.load().rows_duplicate == 2
    assert project.count() == 2


def test_other_content_under_the_same_name_replaces_its_rows(project):
    project.write("data/a.jsonl", decisions(1, 2))
    project.load()
    project.write("data/a.jsonl", decisions(2, 3, 4))
    assert project.load().rows_loaded == 3
    assert users(project) == ["C2", "C3", "C4"]


def test_rows_of_a_file_that_is_gone_stay(project):
    path = project.write("data/a.jsonl", decisions(1, 2))
    project.load()
    path.unlink()
    project.write("data/b.jsonl", decisions(3))
    project.load()
    assert users(project) == ["C1", "C2", "C3"]


def test_a_file_split_in_two_changes_nothing(project):
    path = project.write("data/a.jsonl", decisions(1, 2, 3))
    project.load()
    path.unlink()
    project.write("data/a_1.jsonl", decisions(1))
    project.write("data/a_2.jsonl", decisions(3, 2))
    assert project.load().rows_duplicate == 3
    assert users(project) == ["C1", "C2", "C3"]
    project.assert_conserved()


def test_a_duplicate_comes_to_life_when_its_twin_is_replaced(project):
    project.write("data/a.jsonl", decisions(1, 2))
    project.write("data/b.jsonl", decisions(2, 5))
    project.load()
    assert users(project) == ["C1", "C2", "C5"]
    project.write("data/a.jsonl", decisions(9))
    project.load()
    assert users(project) == ["C2", "C5", "C9"]
    project.assert_conserved()


def test_a_renamed_copy_comes_to_life_when_the_original_is_replaced(project):
    project.write("data/a.jsonl", decisions(1, 2))
    project.write("data/b.jsonl", decisions(1, 2))
    project.load()
    project.write("data/a.jsonl", decisions(7))
    project.load()
    assert users(project) == ["C1", "C2", "C7"]


def test_swapped_names_lose_nothing(project):
    first, second = decisions(1, 2), decisions(3)
    project.write("data/a.jsonl", first)
    project.write("data/b.jsonl", second)
    project.load()
    project.write("data/a.jsonl", second)
    project.write("data/b.jsonl", first)
    project.load()
    assert users(project) == ["C1", "C2", "C3"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("data/x.jsonl.gz", b"", "is empty"),
        ("data/x.jsonl.gz", b"{}\n", "holds no gzip data"),
        ("data/x.jsonl.gz", gzip.compress(decisions(1).encode(), mtime=0)[:-9], "is cut off"),
        (
            "data/x.jsonl.gz",
            gzip.compress(b"{}", mtime=0)[:-8] + b"\0" * 8,
            "holds damaged gzip data",
        ),
        ("data/x.jsonl", b"PAR1....PAR1", "holds parquet data but is not named .parquet"),
    ],
)
def test_an_unreadable_file_is_refused_whole_and_the_rest_is_loaded(project, name, content, reason):
    project.write("data/good.jsonl", decisions(1))
    (project.root / name).write_bytes(content)
    summary = project.load()
    assert (summary.files_refused, summary.rows_loaded) == (1, 1)
    refused = [row for row in project.ledger() if row["error"]]
    assert [reason in row["error"] for row in refused] == [True]
    project.assert_conserved()
    assert project.load().files_refused == 0


def test_a_file_that_became_unreadable_keeps_its_good_rows(project):
    project.write("data/a.jsonl.gz", decisions(1, 2))
    project.load()
    path = project.root / "data/a.jsonl.gz"
    good = path.read_bytes()
    path.write_bytes(good[:-6])
    assert project.load().files_refused == 1
    assert users(project) == ["C1", "C2"]
    path.write_bytes(good)
    project.load()
    assert users(project) == ["C1", "C2"]
    project.assert_conserved()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{broken", "is no valid JSON"),
        (b"[1, 2]", "is no JSON object"),
        (b'{"timestamp": NaN}', "holds NaN or Infinity"),
        (b'{"timestamp": -Infinity}', "holds NaN or Infinity"),
        (b'{"action": "given", "action": "withdrawn"}', "repeats a key"),
        (b'{"a": {"b": 1, "b": 2}}', "repeats a key"),
        (b'{"action": "\xff"}', "is no valid UTF-8"),
        (b'{"action": "\x00"}', "holds a NUL byte"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "is nested too deep"),
        (b'{"user_id": "C1"}', "timestamp is missing or no timestamp"),
        (b'{"timestamp": "2026-11-12T00:00:00Z", "gpc": "maybe"}', "gpc is neither"),
    ],
)
def test_a_bad_line_is_quarantined_with_its_place_and_reason(project, raw, reason):
    good = decisions(1).encode()
    project.write("data/a.jsonl", good + raw + b"\n" + decisions(2).encode())
    project.load()
    assert users(project) == ["C1", "C2"]
    [rejected] = project.quarantine()
    assert (rejected["file_name"], rejected["row_number"]) == ("a.jsonl", 2)
    assert rejected["run_id"] == "run-1"
    assert reason in rejected["reason"]
    project.assert_conserved()


def test_byte_order_mark_line_ends_and_blank_lines_are_no_rows(project):
    text = decisions(1, 2).replace("\n", "\r\n\r\n")
    project.write("data/a.jsonl", b"\xef\xbb\xbf" + text.encode().rstrip())
    assert project.load().rows_read == 2
    assert users(project) == ["C1", "C2"]


def test_a_line_of_50_megabytes_is_quarantined_cut(project):
    huge = b'{"user_id": "' + b"x" * 50_000_000 + b'"}'
    project.write("data/a.jsonl", decisions(1).encode() + huge + b"\n" + decisions(2).encode())
    project.load()
    assert users(project) == ["C1", "C2"]
    [rejected] = project.quarantine()
    assert rejected["row_number"] == 2
    assert "longer than 16 MiB" in rejected["reason"]
    assert len(rejected["raw"]) <= 65536


def test_quarantined_text_holds_no_token(project):
    project.write("data/a.jsonl", f'{{"url": "?access_token={TOKEN}"\n')
    project.load()
    [rejected] = project.quarantine()
    assert TOKEN not in rejected["raw"]
    assert "access_token=" in rejected["raw"]


def test_a_pattern_that_matches_nothing_ends_the_run(project):
    with pytest.raises(SourceError, match=r"sources\.consent\.path .* matches no file") as caught:
        project.load()
    assert caught.value.exit_code == ExitCode.RUN_INCOMPLETE


def test_a_pattern_whose_files_are_gone_stops_nothing_while_rows_of_them_are_held(project):
    path = project.write("data/a.jsonl", decisions(1))
    project.load()
    path.unlink()
    assert project.load().files_found == 0
    assert project.count() == 1


def test_a_run_without_a_row_of_any_source_is_not_graded_and_names_the_cause(project):
    project.write("data/a.jsonl", "[" + json.dumps(decision(1)) + ",")
    with pytest.raises(SourceError, match=r"No source holds a row: a\.jsonl ends before its JSON"):
        load_sources(project.config, project.warehouse, "run-1", CLOCK, WINDOW)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_array_holds_the_same_rows_as_lines(project, indent, encoding):
    text = json.dumps([decision(1), decision(2)], indent=indent)
    project.write("data/a.jsonl", text.encode(encoding))
    assert project.load().rows_loaded == 2
    assert users(project) == sorted(decision(number)["user_id"] for number in (1, 2))


def test_words_for_nobody_are_no_person_also_where_the_engine_reads(project, monkeypatch):
    people = [{"user_id": "undefined", "client_id": "GA1.1.5.6"}, {"user_id": "'0049"}]
    rows = lines(decision(number) | person for number, person in enumerate(people))
    for smallest in (10**9, 0):
        monkeypatch.setattr(land_lines, "QUICK_FROM_BYTES", {"text": smallest})
        project.write("data/a.jsonl", rows + "\n" * (smallest == 0))
        project.load()
        stored = project.rows(
            "select user_id, client_id from landing.consent_log order by row_number"
        )
        assert stored[0] == {"user_id": None, "client_id": "5.6"}
        assert stored[1]["user_id"] == "0049"


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "outside").mkdir()
    home = tmp_path / "home"
    home.mkdir()
    project = Project(home, CONSENT)
    (tmp_path / "outside" / "a.jsonl").write_text(decisions(1), encoding="utf-8")
    (home / "data").symlink_to(tmp_path / "outside")
    with pytest.raises(ConfigError, match="leaves the folder"):
        project.load()


def test_a_corrected_quarantined_row_lands_once(project):
    project.write("data/a.jsonl", decisions(1) + "{broken\n")
    project.load()
    fixed = json.dumps(decision(2))
    project.warehouse.execute("update quarantine.rejected_rows set raw = ?", [fixed])
    for expected in (1, 0):
        summary = replay_quarantine(project.config, project.warehouse, "replay-1", CLOCK)
        assert summary.rows_replayed == expected
    assert users(project) == ["C1", "C2"]
    assert project.quarantine() == []
    last = project.ledger()[-1]
    assert (last["rows_loaded"], last["rows_quarantined"]) == (2, 0)
    project.assert_conserved()
    project.load()
    assert users(project) == ["C1", "C2"]


def test_a_row_that_is_still_bad_waits_on(project):
    project.write("data/a.jsonl", decisions(1) + "{broken\n")
    project.load()
    assert replay_quarantine(project.config, project.warehouse, "replay-1", CLOCK).rows_left == 1
    assert len(project.ledger()) == 1


def test_replay_reads_a_corrected_file_again(project):
    project.write("data/a.jsonl", decisions(1) + "{broken\n")
    project.load()
    project.write("data/a.jsonl", decisions(1, 2))
    summary = replay_quarantine(project.config, project.warehouse, "replay-1", CLOCK)
    assert summary.files_reloaded == 1
    assert users(project) == ["C1", "C2"]
    assert project.quarantine() == []


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.integers(0, 50).map(lambda number: json.dumps(exchange(number)).encode()),
            st.sampled_from([b"", b"\r", b"{}", b'{"request": 1}', b"\xef\xbb\xbf", b"null"]),
        ),
        max_size=8,
    ),
    is_gzip=st.booleans(),
)
def test_whatever_the_bytes_every_row_is_accounted_for(shared_project, parts, is_gzip):
    project = shared_project
    name = f"log_{project.runs}.jsonl" + (".gz" if is_gzip else "")
    path = project.write(f"data/{name}", b"\n".join(parts))
    project.load()
    path.unlink()
    project.write("data/present.jsonl", lines([exchange(99)]))
    project.assert_conserved()
    [row] = [row for row in project.ledger() if row["file_name"] == name]
    table = "landing.capi_request_response"
    [landed] = project.rows(f"select count(*) as n from {table} where file_name = '{name}'")
    assert row["rows_loaded"] == landed["n"]
    rejected = [one for one in project.quarantine() if one["file_name"] == name]
    is_repeat = row["rows_duplicate"] == row["rows_read"]
    assert is_repeat or row["rows_quarantined"] == len(rejected)
    if not row["error"]:
        content = b"\n".join(parts).removeprefix(b"\xef\xbb\xbf")
        expected = sum(bool(part.strip(b" \t\r\v\f")) for part in content.split(b"\n"))
        assert row["rows_read"] == expected
