-- Grain: one row per logical server event: dataset, canonical event, event id and order id; test events apart.
with

attempts as (

    select * from {{ ref('int_delivery_attempts') }}
    where destination = 'meta_capi'

),

keyed as (

    select
        *,
        {{ server_event_key() }} as server_event_key
    from attempts

),

counted as (

    select
        *,
        count(*) over (partition by server_event_key) as attempt_count,
        sum(case when outcome = 'accepted' then 1 else 0 end) over (partition by server_event_key) as accepted_attempt_count,
        max(case when consent_marketing = false then 1 else 0 end) over (partition by server_event_key) as denied_count,
        row_number() over (
            partition by server_event_key
            order by
                case when outcome = 'accepted' then 0 else 1 end,
                case when outcome = 'accepted' then {{ seconds_between(window_opens_at(), 'received_at') }} else -{{ seconds_between(window_opens_at(), 'received_at') }} end,
                attempt_id
        ) as preference
    from keyed

),

logical as (

    select
        server_event_key,
        dataset_id,
        canonical_event,
        event_name,
        event_id,
        order_id,
        {{ order_key('order_id') }} as order_key,
        outcome,
        error_class,
        cast(attempt_count as {{ type_integer() }}) as attempt_count,
        cast(accepted_attempt_count as {{ type_integer() }}) as accepted_attempt_count,
        event_at,
        received_at,
        {{ local_date('event_at') }} as event_date,
        value,
        upper(trim(currency)) as currency,
        action_source,
        payload,
        attempt_id,
        source_format,
        file_name,
        row_number,
        is_test,
        user_id,
        client_id,
        consent_analytics,
        consent_marketing,
        denied_count = 1 as is_gateway_denied
    from counted
    where preference = 1

)

select * from logical
