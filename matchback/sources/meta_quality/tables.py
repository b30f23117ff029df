"""The landing table of Meta's own figures."""

from matchback.warehouse.tables import DOUBLE, TIMESTAMP, Column, Partitioning, Table

FIGURES = Table(
    "landing.meta_quality",
    "Grain: one figure that the Dataset Quality API gave about one event of one dataset at one "
    "fetch.",
    (
        Column("fetched_at", "Time of the fetch, UTC.", TIMESTAMP),
        Column("dataset_id", "Dataset (pixel) that was asked about."),
        Column("event_name", "Meta's event name, such as Purchase."),
        Column(
            "metric",
            "match_quality (0 to 10), match_key_coverage, event_coverage, dedup_browser, "
            "dedup_server, dedup_overlap, each a percentage, or acr.",
        ),
        Column(
            "name", "Match key or dedup key that the figure is about; empty when about the event."
        ),
        Column("value", "The figure as Meta gave it.", DOUBLE),
        Column("goal", "Meta's goal for it, else null.", DOUBLE),
        Column(
            "potential_increase",
            "Percentage of additional conversions reported that Meta expects from improving it, "
            "else null.",
            DOUBLE,
        ),
        Column("description", "Upload frequency for metric data_freshness, else null."),
        Column("run_id", "Run that fetched it."),
    ),
    moment="fetched_at",
    partition=Partitioning(),
    is_read_by_dbt=True,
)
TABLES = (FIGURES,)
