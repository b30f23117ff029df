"""Presidio's pattern recognisers, without a language model, on a sample of the texts."""

import time

import duckdb
from common import FLAT, KEYS, say
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UsSsnRecognizer,
)

SAMPLE = 5_000

with duckdb.connect() as connection:
    connection.execute(f"create view client as select * from '{FLAT}/client.parquet'")
    columns = [row[0] for row in connection.execute("describe client").fetchall()]
    texts = ", ".join(f'"{name}"' for name in columns if name not in KEYS)
    rows = connection.execute(
        f"select text from (select unnest([{texts}]) as text from client limit 200000) "
        f"where text is not null limit {SAMPLE}"
    ).fetchall()
# Time of the sample only: importing the package is not part of a comparison by text.
started = time.process_time()
recognisers = [
    EmailRecognizer(),
    PhoneRecognizer(),
    CreditCardRecognizer(),
    IbanRecognizer(),
    IpRecognizer(),
    UsSsnRecognizer(),
]
found = 0
for (text,) in rows:
    for recogniser in recognisers:
        found += bool(recogniser.analyze(text, recogniser.supported_entities, None))
say(sampled=len(rows), found=found, sample_cpu=round(time.process_time() - started, 2))
