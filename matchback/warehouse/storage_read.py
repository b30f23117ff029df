"""Rows of BigQuery tables as Arrow, read in columns through the Storage Read API."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from google.cloud import bigquery_storage_v1 as storage

from matchback.core.settings import bigquery_storage_emulator

if TYPE_CHECKING:
    import pyarrow as pa


def read_client() -> storage.BigQueryReadClient:
    """Connect with the application default credentials, or to an emulator that is named."""
    host = bigquery_storage_emulator()
    if not host:
        return storage.BigQueryReadClient()
    import grpc
    from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
        BigQueryReadGrpcTransport,
    )

    transport = BigQueryReadGrpcTransport(channel=grpc.insecure_channel(host))
    return storage.BigQueryReadClient(transport=transport)


def read_batches(
    client: storage.BigQueryReadClient,
    table: str,
    columns: Sequence[str],
    restriction: str = "",
) -> "Iterator[pa.RecordBatch]":
    """Yield the rows of `project.dataset.table` that satisfy a condition, these columns only.

    A stream that breaks goes on at the row where it broke; the client library counts them.
    """
    import pyarrow as pa

    project, dataset, name = table.split(".")
    session = client.create_read_session(
        parent=f"projects/{project}",
        read_session=storage.types.ReadSession(
            table=f"projects/{project}/datasets/{dataset}/tables/{name}",
            data_format=storage.types.DataFormat.ARROW,
            read_options=storage.types.ReadSession.TableReadOptions(
                selected_fields=list(columns), row_restriction=restriction
            ),
        ),
        max_stream_count=1,
    )
    if not session.streams:
        return
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    for stream in session.streams:
        for answer in client.read_rows(stream.name):
            batch = answer.arrow_record_batch.serialized_record_batch
            yield pa.ipc.read_record_batch(pa.py_buffer(batch), schema)
