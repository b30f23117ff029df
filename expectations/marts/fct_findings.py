"""Findings: each violating thing once, of a known check, with a severity."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.fct_findings"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per check, severity and surface; the key figure is of the whole table.
QUERY = """
with

repeated_keys as (

    select check_id
    from marts_next.fct_findings
    group by check_id, entity_id, field_path, defect, event_date
    having count(*) > 1

)

select
    check_id,
    severity,
    surface,
    count(*) as finding_count,
    max((select count(*) from repeated_keys)) as repeated_key_count,
    sum(
        case
            when event_date is null or entity_id is null or field_path is null or defect is null then 1
            else 0
        end
    ) as keyless_count,
    sum(case when occurrences >= 1 then 0 else 1 end) as unoccurred_count,
    sum(case when first_seen_at is null then 1 else 0 end) as unseen_count,
    sum(case when value_at_risk is not null and currency is null then 1 else 0 end) as value_without_currency_count
from marts_next.fct_findings
group by check_id, severity, surface
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.one_of("check_id", list(thresholds)),
            rules.not_null("severity"),
            rules.one_of("severity", vocabulary.SEVERITIES),
            rules.not_null("surface"),
            rules.none_of("repeated_key_count"),
            rules.none_of("keyless_count"),
            rules.none_of("unoccurred_count"),
            rules.none_of("unseen_count"),
            rules.none_of("value_without_currency_count", severity=rules.WARNING),
        ],
    )
