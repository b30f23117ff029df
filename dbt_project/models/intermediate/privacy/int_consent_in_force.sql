-- Grain: one row per delivery attempt or decision, with the last decision of its person at or before its receipt.
-- A view: read once, by the verdict on deliveries.
{{ config(materialized='view') }}

{%- set identifiers = ['user_identifier', 'external_identifier', 'client_identifier', 'browser_user_identifier', 'browser_client_identifier'] %}
with

deliveries as (

    select
        attempt_id,
        event_date,
        reported_date,
        received_at,
        destination,
        dataset_id,
        source_format,
        request_id,
        event_name,
        canonical_event,
        event_id,
        order_id,
        value,
        currency,
        outcome,
        error_code,
        is_test,
        consent_analytics,
        consent_marketing,
        jurisdiction,
        gpc,
        consent_basis,
        block_reason,
        server_event_key,
        ads_storage,
        analytics_storage,
        user_identifier,
        external_identifier,
        client_identifier,
        browser_user_identifier,
        browser_client_identifier
    from {{ ref('int_deliveries_linked') }}

),

periods as (

    select identifier, decision_number, valid_from, valid_to from {{ ref('int_consent_periods') }}

),

decisions as (

    select
        decision_number,
        min(decided_at) as decided_at,
        min(jurisdiction) as jurisdiction,
        {{ strictest('gpc') }} as gpc,
        {{ strictest('is_withdrawal') }} as is_withdrawal,
        {{ strictest('analytics') }} as analytics,
        {{ strictest('marketing') }} as marketing
    from {{ ref('int_consent_periods') }}
    group by decision_number

),

-- Decisions are numbered by time: of several identifiers the one decided last counts. Null: the log does not know the person.
numbered as (

    select
        deliveries.*,
        nullif(greatest(
            {% for identifier in identifiers %}
            coalesce({{ identifier }}_periods.decision_number, -1){{ ',' if not loop.last }}
            {% endfor %}
        ), -1) as decision_number
    from deliveries
    {% for identifier in identifiers %}
    left join periods as {{ identifier }}_periods
        on
            deliveries.{{ identifier }} = {{ identifier }}_periods.identifier
            and deliveries.received_at >= {{ identifier }}_periods.valid_from
            and deliveries.received_at < {{ identifier }}_periods.valid_to
    {% endfor %}

),

final as (

    select
        numbered.*,
        numbered.decision_number is not null as is_in_log,
        coalesce(numbered.decision_number > 0, false) as has_decision,
        decisions.decided_at,
        decisions.jurisdiction as log_jurisdiction,
        decisions.gpc as log_gpc,
        coalesce(decisions.is_withdrawal, false) as is_withdrawal,
        decisions.analytics as log_analytics,
        decisions.marketing as log_marketing
    from numbered
    left join decisions on numbered.decision_number = decisions.decision_number

)

select * from final
