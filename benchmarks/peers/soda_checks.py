"""Soda Core on DuckDB: match rate, duplicates, nulls and one regular expression per text column."""

import duckdb
from common import FLAT, KEYS, NOT_NULL, PERSONAL, say
from soda.scan import Scan

connection = duckdb.connect()
for name in ("client", "server"):
    connection.execute(f"create view {name} as select * from '{FLAT / name}.parquet'")
columns = [row[0] for row in connection.execute("describe client").fetchall()]
texts = [name for name in columns if name not in KEYS]
pattern = PERSONAL.replace("'", "''")

checks = ["checks for client:", "  - duplicate_count(event_key) < 1000000"]
checks += [f"  - missing_count({name}) = 0" for name in NOT_NULL]
for name in texts:
    metric = f"personal_{name}"
    checks += [
        f"  - {metric} < 1000000:",
        f"      {metric} expression: |",
        f"        count(case when regexp_matches({name}, '{pattern}') then 1 end)",
    ]
checks += [
    "checks for server:",
    "  - duplicate_count(event_key) = 0",
    "  - matched >= 1:",
    "      matched query: |",
    "        select count(*) from server where event_key in (select event_key from client)",
]
scan = Scan()
scan.add_duckdb_connection(connection)
scan.set_data_source_name("duckdb")
scan.add_sodacl_yaml_str("\n".join(checks))
scan.execute()
results = scan.get_scan_results()
say(
    checks=len(results["checks"]),
    failed=sum(check["outcome"] == "fail" for check in results["checks"]),
    errors=[str(error)[:200] for error in scan.get_error_logs()][:3],
    figures={
        metric["metricName"]: metric["value"] for metric in results["metrics"] if metric["value"]
    },
)
