-- Grain: one row per check of the capi and pixel_debug surfaces and of secrets in logs, and dimension.
{%- set major_events = ['page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'generate_lead', 'sign_up'] %}
{%- set tested_events = ['page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'generate_lead'] %}
with

servers as (

    select * from {{ ref('int_server_events_dated') }}

),

payload_rules as (

    select * from {{ ref('int_payload_rules') }}

),

findings as (

    select check_id, defect, event_date, dataset_id, entity_id from {{ ref('int_findings__delivery') }}

),

counts as (

    select
        'delivery_rejected' as check_id, event_date, canonical_event, dataset_id,
        case when outcome = 'rejected' and accepted_attempt_count = 0 then 1 else 0 end as numerator, 1 as denominator
    from servers
    where not is_test and outcome <> 'blocked'
    union all
    select
        'payload_contract', event_date, canonical_event, dataset_id,
        case when {{ list_size('broken_rules') }} > 0 then 1 else 0 end,
        case when outcome = 'accepted' then 1 else 0 end
    from payload_rules

),

{{ roll_up_measures('counts', ['delivery_rejected', 'payload_contract'], flag(setting('has_capi'))) }},

zero_checks as (

    select
        'action_source' as check_id,
        (select {{ count_where("check_id = 'action_source'") }} from findings) as numerator,
        (select {{ count_where("outcome = 'accepted'") }} from payload_rules) as denominator
    union all
    select
        'test_event_in_production',
        (select {{ count_where("check_id = 'test_event_in_production'") }} from findings),
        (select count(*) from servers)
    union all
    select
        'secret_in_log',
        (select {{ count_where("check_id = 'secret_in_log'") }} from findings),
        (select count(*) from servers)
        + (select coalesce(sum(event_rows), 0) from {{ ref('int_ga4_event_days') }} where {{ near_window('event_date') }})

),

customer_keys as (

    select
        'customer_information' as check_id,
        avg(cast(customer_key_count as {{ type_double() }})) as value,
        {{ count_where('customer_key_count < ' ~ fewest_customer_keys()) }} as numerator,
        count(*) as denominator
    from payload_rules
    where outcome = 'accepted' and canonical_event = 'purchase'

),

datasets as (

    select distinct dataset_id from servers where not is_test

),

accepted_major as (

    select
        datasets.dataset_id,
        count(distinct servers.canonical_event) as event_count
    from datasets
    left join servers
        on
            datasets.dataset_id = servers.dataset_id
            and servers.outcome = 'accepted'
            and not servers.is_test
            and servers.canonical_event in ('{{ major_events | join("', '") }}')
    group by datasets.dataset_id

),

live_pairs as (

    select distinct dataset_id, canonical_event
    from {{ ref('int_reconciled_events') }}
    where
        is_pair
        and {{ without_leading_zeros('client_event_id') }} = {{ without_leading_zeros('server_event_id') }}
        and server_canonical_event = canonical_event
        and abs(seconds_apart) <= 300
        and (
            canonical_event in ('page_view', 'generate_lead')
            or (client_value is not null and client_currency is not null and (canonical_event <> 'purchase' or client_order_key is not null))
        )

),

test_pairs as (

    select distinct servers.dataset_id, clients.canonical_event
    from servers
    inner join {{ ref('int_client_events') }} as clients
        on servers.event_id = clients.event_id and servers.server_canonical_event = clients.canonical_event
    where
        servers.is_test
        and abs({{ seconds_between('clients.client_at', 'servers.event_at') }}) <= 300
        and (
            clients.canonical_event in ('page_view', 'generate_lead')
            or (
                clients.value is not null and clients.currency is not null
                and (clients.canonical_event <> 'purchase' or clients.order_key is not null)
            )
        )

),

validated as (

    select dataset_id, canonical_event from live_pairs
    union distinct
    select dataset_id, canonical_event from test_pairs

),

validated_counts as (

    select
        datasets.dataset_id,
        count(distinct validated.canonical_event) as event_count
    from datasets
    left join validated
        on
            datasets.dataset_id = validated.dataset_id
            and validated.canonical_event in ('{{ tested_events | join("', '") }}')
    group by datasets.dataset_id

),

event_counts as (

    select 'major_events_present' as check_id, dataset_id, event_count, {{ major_events | length }} as expected_count
    from accepted_major
    union all
    select 'test_events_validated', dataset_id, event_count, {{ tested_events | length }}
    from validated_counts

),

count_checks as (

    select
        check_id,
        cast(null as date) as event_date,
        'dataset_id=' || dataset_id as dimension,
        dataset_id,
        cast(event_count as {{ type_double() }}) as value,
        cast(event_count as {{ type_integer() }}) as numerator,
        cast(expected_count as {{ type_integer() }}) as denominator,
        {{ flag(setting('has_ga4')) }} or check_id = 'major_events_present' as has_input
    from event_counts
    union all
    select
        expected.check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(min(event_counts.event_count) as {{ type_double() }}) as value,
        cast(coalesce(min(event_counts.event_count), 0) as {{ type_integer() }}) as numerator,
        cast(expected.expected_count as {{ type_integer() }}) as denominator,
        count(event_counts.check_id) > 0
        and ({{ flag(setting('has_ga4')) }} or expected.check_id = 'major_events_present') as has_input
    from (
        select 'major_events_present' as check_id, {{ major_events | length }} as expected_count
        union all
        select 'test_events_validated' as check_id, {{ tested_events | length }} as expected_count
    ) as expected
    left join event_counts on expected.check_id = event_counts.check_id
    group by expected.check_id, expected.expected_count

),

all_measures as (

    select {{ measure_columns() }} from measured
    union all
    select
        check_id, cast(null as date), 'all', cast(null as {{ type_text() }}), cast(null as {{ type_double() }}),
        numerator, denominator, denominator > 0 or numerator > 0
    from zero_checks
    union all
    select
        check_id, cast(null as date), 'all', cast(null as {{ type_text() }}), value,
        numerator, denominator, denominator > 0
    from customer_keys
    union all
    select {{ measure_columns() }} from count_checks

)

select {{ measure_columns() }} from all_measures
