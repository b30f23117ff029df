"""The columns that every landed record has, and the tables that loading keeps beside records."""

from matchback.warehouse.tables import (
    DATE,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Column,
    Document,
    Partitioning,
    Table,
    list_of,
)

FILE_NAME = Column("file_name", "File the row was read from, as the load ledger names it.")
ROW_NUMBER = Column("row_number", "Line or row of the file, from 1.", INTEGER)
RUN_ID = Column("run_id", "Run that loaded the row; ids sort by time.")
SECRET_FIELDS = Column(
    "secret_fields",
    "Fields in which an access token was found and redacted before the row was written.",
    list_of(TEXT),
)
OF_RECORDS = (SECRET_FIELDS, FILE_NAME, ROW_NUMBER, RUN_ID)
JURISDICTION = Column(
    "jurisdiction",
    "Place whose law applies, such as EU-DE or US-CA; null when not logged.",
    scan=Document(),
)
SOURCE = Column("source", "Source: ga4, capi, crm or consent.")

REJECTED_ROWS = Table(
    "quarantine.rejected_rows",
    "Grain: one row that could not be loaded; raw is its text (cut at 64 KiB), access tokens "
    "redacted, null for sources whose rows hold contact fields.",
    (
        SOURCE,
        Column("source_format", "Format the file was read as."),
        FILE_NAME,
        ROW_NUMBER,
        Column("reason", "Why the row could not be loaded."),
        Column("raw", "Text of the row.", personal="text", scan=Document(is_one_path=True)),
        Column("digest", "SHA-256 of the row's bytes."),
        RUN_ID,
        Column("quarantined_at", "Time of the load, UTC.", TIMESTAMP),
    ),
    source="quarantine",
    moment="quarantined_at",
    erasure="delete",
    retention="quarantine",
)
LOAD_LEDGER = Table(
    "landing.load_ledger",
    "Grain: one row per file and load, written in the transaction of its rows.",
    (
        FILE_NAME,
        Column("digest", "SHA-256 of the file's bytes."),
        Column("rows_read", "Rows in the file; equals all below added up.", INTEGER),
        Column("rows_loaded", "Rows written to landing.", INTEGER),
        Column("rows_quarantined", "Rows set aside with a reason.", INTEGER),
        Column("rows_duplicate", "Rows that were loaded before.", INTEGER),
        Column("rows_suppressed", "Rows of erased persons, removed; null is none.", INTEGER),
        RUN_ID,
        Column("loaded_at", "Time of the load, UTC.", TIMESTAMP),
        SOURCE,
        Column("source_format", "Format the file was read as."),
        Column("data_date", "Date in the file's suffix; null without one.", DATE),
        Column("file_size", "Bytes of the file.", INTEGER),
        Column("modified_at", "Time the file was changed last, UTC.", TIMESTAMP),
        Column("error", "Why the whole file was refused; null when it was not."),
        Column(
            "notes",
            "What the reading of the file took for granted: ambiguous_dates where nothing in the "
            "file proves the order of day and month.",
            list_of(TEXT),
        ),
    ),
    is_read_by_dbt=True,
)
OBSERVED_COLUMNS = Table(
    "landing.observed_columns",
    "Grain: one column or nested path as found in a file before any cast.",
    (
        SOURCE,
        FILE_NAME,
        Column("data_date", "Date in the file's suffix; null without one.", DATE),
        Column("export_kind", "daily, fresh or intraday; null outside GA4."),
        Column("path", "Column, or its nested path."),
        Column(
            "type",
            "Type in the words of a BigQuery schema (STRING, INTEGER, FLOAT, BOOLEAN, TIMESTAMP, "
            "DATE, NUMERIC, BYTES, RECORD, REPEATED for a list).",
        ),
        RUN_ID,
    ),
    is_read_by_dbt=True,
)
PII_HITS = Table(
    "landing.pii_hits",
    "Grain: one source record, server event in it and field path with plain personal data; masked "
    "shape and keyed digest only.",
    (
        SOURCE,
        Column("table_name", "Landing table of the record."),
        FILE_NAME,
        ROW_NUMBER,
        Column(
            "batch_position",
            "Server event inside the record, as in int_delivery_attempts; null for the record "
            "itself.",
            INTEGER,
        ),
        Column("record_key", "Names the record without its file."),
        Column("recorded_at", "Time of the record, UTC.", TIMESTAMP),
        Column("field_path", "Where in the record the value stands."),
        Column("kind", "Kind of the value, the first of kinds."),
        Column(
            "kinds",
            "Kinds found: email, phone, card, iban, national_id, ip, name, address, birth_date.",
            list_of(TEXT),
        ),
        Column("masked", "Shape of the value, its characters masked."),
        Column("digest", "Keyed digest of the value, of use in this warehouse only."),
        RUN_ID,
    ),
    moment="recorded_at",
    partition=Partitioning(),
    is_read_by_dbt=True,
)
PII_SCANS = Table(
    "landing.pii_scans",
    "Grain: one file whose rows have been scanned for personal data, by the digest of what was "
    "scanned; written in the transaction of its hits.",
    (
        SOURCE,
        FILE_NAME,
        Column("digest", "Digest of the content that was scanned."),
        Column("detector_version", "Version of the detector's rules.", INTEGER),
        Column("run_id", "Run that scanned it."),
    ),
    is_read_by_dbt=True,
)
TABLES = (REJECTED_ROWS, LOAD_LEDGER, OBSERVED_COLUMNS, PII_HITS, PII_SCANS)
