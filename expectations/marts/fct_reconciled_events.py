"""The verdict on every logical event: one of a closed list, each event once."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.fct_reconciled_events"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per date, verdict, match methods and outcome; the key figure is of the whole table.
QUERY = """
with

events as (

    select
        reconciled_event_id,
        event_date,
        canonical_event,
        destination,
        dataset_id,
        in_client,
        in_server,
        in_crm,
        match_method,
        crm_match_method,
        status,
        server_outcome,
        is_final,
        client_value,
        client_currency,
        server_value,
        server_currency,
        crm_value,
        crm_currency
    from marts_next.fct_reconciled_events

),

repeated_keys as (

    select reconciled_event_id from events group by reconciled_event_id having count(*) > 1

),

totals as (

    select
        count(*) as event_count,
        max(case when is_final then event_date end) as last_final_date
    from events

)

select
    events.event_date,
    events.status,
    events.match_method,
    events.crm_match_method,
    events.server_outcome,
    count(*) as event_count,
    100.0 * count(events.status) / max(totals.event_count) as share_pct,
    max((select count(*) from repeated_keys)) as repeated_key_count,
    sum(
        case
            when
                events.reconciled_event_id is null
                or events.event_date is null
                or events.canonical_event is null
                or events.destination is null
                or events.dataset_id is null
                then 1
            else 0
        end
    ) as keyless_count,
    sum(case when events.in_client or events.in_server or events.in_crm then 0 else 1 end) as unseen_count,
    sum(
        case
            when events.match_method is not null and not (events.in_client and events.in_server) then 1
            when events.crm_match_method is not null and not events.in_crm then 1
            else 0
        end
    ) as one_sided_match_count,
    sum(
        case when events.is_final is null or (not events.is_final and events.event_date <= totals.last_final_date) then 1 else 0 end
    ) as misdated_finality_count,
    sum(
        case
            when events.client_value is not null and events.client_currency is null then 1
            when events.server_value is not null and events.server_currency is null then 1
            when events.crm_value is not null and events.crm_currency is null then 1
            else 0
        end
    ) as value_without_currency_count
from events
cross join totals
group by
    events.event_date,
    events.status,
    events.match_method,
    events.crm_match_method,
    events.server_outcome
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.not_null("status"),
            rules.one_of("status", vocabulary.STATUSES),
            rules.one_of("match_method", vocabulary.MATCH_METHODS),
            rules.one_of("crm_match_method", vocabulary.CRM_MATCH_METHODS),
            rules.one_of("server_outcome", vocabulary.OUTCOMES),
            rules.adds_up_to("share_pct", 100),
            rules.none_of("repeated_key_count"),
            rules.none_of("keyless_count"),
            rules.none_of("unseen_count"),
            rules.none_of("one_sided_match_count"),
            rules.none_of("misdated_finality_count"),
            rules.none_of("value_without_currency_count", severity=rules.WARNING),
        ],
    )
