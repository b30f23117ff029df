"""Source files in a bucket: listed, brought when needed, never kept; the bucket is a fake."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest
from google.api_core.exceptions import Forbidden

from matchback.core.errors import ConfigError, SourceError
from matchback.sources.kit import objects
from tests.load_kit import Project, exchange, lines

PATH = "gs://logs/capi/*.jsonl"
CAPI = {"capi": [{"format": "request_response", "path": PATH, "dataset_id": "123"}]}
WRITTEN = datetime(2026, 11, 12, 3, tzinfo=UTC)


class Blob:
    """An object of the fake bucket."""

    def __init__(self, bucket: "Bucket", name: str, content: str, updated: datetime) -> None:
        self.bucket, self.name, self.content, self.updated = bucket, name, content, updated

    @property
    def size(self) -> int:
        return len(self.content)

    def download_to_filename(self, path: str) -> None:
        self.bucket.brought.append((self.name, Path(path)))
        Path(path).write_text(self.content, encoding="utf-8")


class Bucket:
    """A Cloud Storage client with one bucket."""

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self.brought: list[tuple[str, Path]] = []

    def put(self, name: str, content: str, updated: datetime = WRITTEN) -> None:
        self.blobs[name] = Blob(self, name, content, updated)

    def list_blobs(self, bucket: str, *, match_glob: str) -> list[Blob]:
        if bucket != "logs":
            raise Forbidden(f"{bucket} is not yours")
        return [blob for name, blob in self.blobs.items() if PurePosixPath(name).match(match_glob)]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    fake = Bucket()
    monkeypatch.setattr(objects, "connect", lambda: fake)
    return fake


def test_objects_of_a_bucket_are_loaded_and_not_kept(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("capi/log_20261112.jsonl", lines(exchange(number) for number in range(3)))
    bucket.put("other/log_20261112.jsonl", lines([exchange(9)]))
    project = Project(tmp_path, CAPI)

    assert project.load().rows_loaded == 3
    [row] = project.ledger()
    assert row["file_name"] == "gs://logs/capi/log_20261112.jsonl"
    assert str(row["data_date"]) == "2026-11-12"
    assert [path.exists() for _, path in bucket.brought] == [False]


def test_an_object_that_was_written_again_replaces_its_rows(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("capi/log_20261112.jsonl", lines([exchange(1), exchange(2)]))
    project = Project(tmp_path, CAPI)
    project.load()
    bucket.put("capi/log_20261112.jsonl", lines([exchange(2)]), WRITTEN + timedelta(hours=1))

    assert project.load().rows_loaded == 1
    assert project.count("landing.capi_request_response") == 1


def test_an_old_object_that_did_not_change_is_not_brought_again(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.put("capi/log_20260101.jsonl", lines([exchange(1)]))
    project = Project(tmp_path, CAPI)
    project.load()
    project.load()

    assert [name for name, _ in bucket.brought] == ["capi/log_20260101.jsonl"]


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("gs://logs/capi/*.csv", SourceError, "matches no file"),
        ("gs://theirs/capi/*.jsonl", SourceError, r"cannot be read .*Forbidden.*Object Viewer"),
        ("gs://logs", ConfigError, "gs://bucket/folder"),
    ],
)
def test_a_path_that_gives_nothing_is_named(
    bucket: Bucket, tmp_path: Path, path: str, error: type[Exception], words: str
) -> None:
    project = Project(tmp_path, json.loads(json.dumps(CAPI).replace(PATH, path)))

    with pytest.raises(error, match=words):
        project.load()
