"""What the footer of a Parquet file tells: its rows, and the columns that hold no value."""

import re
from pathlib import Path

import pyarrow.parquet as pq

LIST_LEVEL = re.compile(r"\.(list\.(element|item)|bag\.array_element|array)(?=\.|$)")
NUMBERS = ("INT32", "INT64", "FLOAT", "DOUBLE")


def row_count_of(path: Path) -> int:
    """Return the number of rows."""
    return int(pq.read_metadata(path).num_rows)


def unfilled_paths(path: Path) -> set[str]:
    """Return the leaf paths, without list levels, that have only nulls by the file's statistics.

    What type they were written with says nothing.
    """
    metadata = pq.read_metadata(path)
    filled: set[str] = set()
    leaves: set[str] = set()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            name = LIST_LEVEL.sub("", chunk.path_in_schema)
            leaves.add(name)
            if _holds_values(chunk):
                filled.add(name)
    return leaves - filled


def _holds_values(chunk: pq.ColumnChunkMetaData) -> bool:
    statistics = chunk.statistics
    if statistics is None or statistics.has_min_max:
        return True
    if chunk.physical_type in NUMBERS:
        return False
    return not statistics.has_null_count or statistics.null_count < chunk.num_values
