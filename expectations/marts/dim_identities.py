"""Identifiers: each once, personal ones only as digests."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.dim_identities"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per identifier type; the key figure is of the whole table.
QUERY = """
with

repeated_keys as (

    select identifier
    from marts_next.dim_identities
    group by identifier_type, identifier
    having count(*) > 1

)

select
    identifier_type,
    count(*) as identifier_count,
    max((select count(*) from repeated_keys)) as repeated_key_count,
    sum(case when coalesce(identifier, '') = '' then 1 else 0 end) as nameless_count,
    sum(
        case
            when identifier like '%@%' then 1
            when identifier_type = 'hashed_email' and length(identifier) <> 64 then 1
            else 0
        end
    ) as plain_count,
    sum(case when journey_count >= 0 then 0 else 1 end) as uncounted_count
from marts_next.dim_identities
group by identifier_type
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.not_null("identifier_type"),
            rules.one_of("identifier_type", vocabulary.IDENTIFIER_TYPES),
            rules.none_of("repeated_key_count"),
            rules.none_of("nameless_count"),
            rules.none_of("plain_count"),
            rules.none_of("uncounted_count"),
        ],
    )
