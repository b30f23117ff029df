"""Source files in Google Cloud Storage: listed with their size and time, brought when needed."""

import re
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from matchback.core.errors import ConfigError
from matchback.core.settings import bigquery_emulator
from matchback.sources.kit.errors import source_errors
from matchback.sources.kit.files import FoundFile, date_in_name

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Client

ADVICE = "check the path and the role Storage Object Viewer of the account"
ADDRESS = re.compile(r"gs://([^/*?\[]+)/(.+)")


def is_object(pattern: str) -> bool:
    """Say whether a path names objects of a bucket."""
    return pattern.startswith("gs://")


@dataclass(frozen=True)
class StoredObject:
    """An object that can be brought."""

    blob: "Blob" = field(repr=False)
    address: str

    def fetch(self, folder: Path) -> Path:
        """Bring the content of the generation that was listed."""
        path = folder / PurePosixPath(self.address).name
        with source_errors(self.address, ADVICE):
            self.blob.download_to_filename(str(path))
        return path


def find_objects(
    where: str, pattern: str, source_format: str, dataset_id: str | None
) -> list[FoundFile]:
    """Return the objects that `gs://bucket/glob` names, sorted; SourceError when it cannot."""
    match = ADDRESS.fullmatch(pattern)
    if match is None:
        raise ConfigError(f"{where} is no address like gs://bucket/folder/*.json.gz; correct it.")
    bucket, glob = match.groups()
    with source_errors(pattern, ADVICE):
        blobs = sorted(
            connect().list_blobs(bucket, match_glob=glob), key=lambda blob: str(blob.name)
        )
    return [_described(blob, bucket, source_format, dataset_id) for blob in blobs]


def connect() -> "Client":
    """Return a client with the application default credentials; ConfigError without any."""
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import DefaultCredentialsError
    from google.cloud import storage

    if bigquery_emulator():
        return storage.Client(project="offline", credentials=AnonymousCredentials())
    try:
        return storage.Client()
    except DefaultCredentialsError:
        raise ConfigError(
            "There are no Google credentials to read gs:// paths with; run "
            "`gcloud auth application-default login`, then run again."
        ) from None


def _described(blob: "Blob", bucket: str, source_format: str, dataset_id: str | None) -> FoundFile:
    address = f"gs://{bucket}/{blob.name}"
    return FoundFile(
        path=Path(str(blob.name)),
        name=address,
        source_format=source_format,
        data_date=date_in_name(PurePosixPath(address).name),
        dataset_id=dataset_id,
        size=blob.size or 0,
        modified_at=blob.updated.astimezone(UTC).replace(tzinfo=None) if blob.updated else None,
        remote=StoredObject(blob, address),
    )
