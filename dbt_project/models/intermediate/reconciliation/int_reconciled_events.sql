-- Grain: one row per logical event, destination and dataset of the window, joined over client, server and CRM, with its verdict.
with

sides as (

    select
        *,
        coalesce(client_event_key, server_event_key) as side_key
    from {{ ref('int_reconciled_sides') }}

),

order_matches as (

    select destination, dataset_id, order_key, side_key, crm_match_method, canonical_id from {{ ref('int_order_matches') }}

),

orders as (

    select order_key, order_id, ordered_at, event_date, status, is_valid, is_test, value, currency
    from {{ ref('int_orders_latest') }}

),

client_identities as (

    select client_event_key, canonical_id from {{ ref('int_client_identities') }}

),

server_identities as (

    select server_event_key, canonical_id from {{ ref('int_server_identities') }}

),

disagreements as (

    select left_record, right_record, is_conflict, is_unlinked from {{ ref('int_identity_disagreements') }}

),

conversions as (

    select canonical_event, max(case when is_conversion then 1 else 0 end) = 1 as is_conversion
    from {{ ref('int_event_taxonomy') }}
    where is_reconciled
    group by canonical_event

),

usual_names as (

    select destination, canonical_event, {{ first_by('event_name', 'position, ga4_name') }} as event_name
    from {{ ref('int_destination_events') }}
    group by destination, canonical_event

),

-- What the consent policy says of an event's delivery: what must not be sent is not owed.
consent_of_deliveries as (

    select
        server_event_key,
        max(case when effective_state = 'denied' then 1 else 0 end) = 1 as is_effectively_denied,
        max(case when outcome = 'blocked' and policy_decision = 'block' then 1 else 0 end) = 1 as is_rightly_blocked
    from {{ ref('int_deliveries_judged') }}
    where {{ is_reconciled('destination') }} and not is_test
    group by server_event_key

),

known_orders as (

    select distinct {{ order_key('order_id') }} as order_key
    from {{ source('landing', 'crm_orders') }}
    where {{ order_key('order_id') }} in (
        select coalesce(client_order_key, server_order_key) from sides where canonical_event = 'purchase'
    )

),

-- Every event with its order, and orders without one.
combined as (

    select
        coalesce(sides.destination, order_matches.destination) as destination,
        coalesce(sides.dataset_id, order_matches.dataset_id) as dataset_id,
        coalesce(sides.canonical_event, 'purchase') as canonical_event,
        coalesce(sides.in_client, false) as in_client,
        coalesce(sides.in_server, false) as in_server,
        coalesce(sides.is_test_delivery, false) as is_test_delivery,
        {% for column in [
            'client_event_key', 'server_event_key', 'match_method', 'event_date', 'client_event_id', 'client_order_id',
            'client_order_key', 'client_at', 'client_value', 'client_currency', 'client_event_name', 'is_client_denied',
            'ads_storage', 'analytics_storage', 'client_user_id', 'user_pseudo_id', 'is_debug', 'param_count',
            'device_category', 'browser', 'country', 'campaign', 'server_event_id', 'server_order_id', 'server_order_key',
            'server_at', 'server_received_at', 'server_value', 'server_currency', 'server_event_name',
            'server_canonical_event', 'server_outcome', 'attempt_count', 'accepted_attempt_count', 'is_gateway_denied',
            'seconds_apart'
        ] -%}
        sides.{{ column }},
        {% endfor -%}
        order_matches.order_key as crm_order_key,
        order_matches.crm_match_method,
        order_matches.canonical_id as crm_canonical_id
    from sides
    full join order_matches
        on
            sides.destination = order_matches.destination
            and sides.dataset_id = order_matches.dataset_id
            and sides.side_key = order_matches.side_key

),

judged as (

    select
        combined.*,
        coalesce(combined.event_date, orders.event_date) as reported_date,
        orders.order_key is not null as in_crm,
        orders.order_id as crm_order_id,
        orders.ordered_at as crm_at,
        orders.value as crm_value,
        orders.currency as crm_currency,
        orders.status as crm_status,
        coalesce(orders.is_valid, false) as is_valid_order,
        coalesce(orders.is_test, false) as is_test_order,
        coalesce(is_client_denied, false) or coalesce(is_gateway_denied, false) as is_denied,
        coalesce(conversions.is_conversion, false) as is_conversion,
        usual_names.event_name as usual_event_name,
        client_identities.canonical_id as client_canonical_id,
        server_identities.canonical_id as server_canonical_id,
        coalesce(server_outcome = 'accepted', false) and not is_test_delivery as is_accepted,
        known_orders.order_key is not null as is_known_order,
        coalesce(consent_of_deliveries.is_effectively_denied, false)
        or coalesce(consent_of_deliveries.is_rightly_blocked, false) as is_not_owed
    from combined
    left join orders on combined.crm_order_key = orders.order_key
    left join conversions on combined.canonical_event = conversions.canonical_event
    left join usual_names
        on combined.destination = usual_names.destination and combined.canonical_event = usual_names.canonical_event
    left join client_identities on combined.client_event_key = client_identities.client_event_key
    left join server_identities on combined.server_event_key = server_identities.server_event_key
    left join consent_of_deliveries
        on combined.server_event_key = consent_of_deliveries.server_event_key
    left join known_orders on coalesce(combined.client_order_key, combined.server_order_key) = known_orders.order_key

),

measured as (

    select
        *,
        {{ is_final('reported_date') }} as is_final,
        in_client and is_accepted as is_pair,
        in_client and is_accepted
        and {{ without_leading_zeros('client_event_id') }} = {{ without_leading_zeros('server_event_id') }}
        and server_canonical_event = canonical_event
        and abs({{ seconds_between('client_at', 'server_received_at') }}) <= 48 * 3600 as is_deduplicated,
        case
            when not (in_client and in_server) or canonical_event <> 'purchase' then null
            when client_value is null or server_value is null or client_currency is null or server_currency is null then null
            when server_currency = 'USD' and server_value = 0 and client_currency <> 'USD' and client_value <> 0 then 'defaulted'
            when client_currency <> server_currency then 'currency'
            when abs(client_value - server_value) > 0.01 then 'value'
            else 'equal'
        end as value_comparison,
        coalesce(server_value, client_value) as sent_value,
        case when server_value is not null then server_currency else client_currency end as sent_currency,
        {% if setting('has_crm') %}
        is_accepted and canonical_event = 'purchase' and not in_crm and not is_known_order as is_without_order
        {% else %}
        false as is_without_order
        {% endif %}
    from judged
    where reported_date between {{ window_start() }} and {{ window_end() }}

),

linked as (

    select
        measured.*,
        coalesce(client_to_server.is_conflict, false)
        or coalesce(client_to_order.is_conflict, false)
        or coalesce(server_to_order.is_conflict, false) as has_identity_conflict,
        coalesce(client_to_server.is_unlinked, false)
        or coalesce(client_to_order.is_unlinked, false)
        or coalesce(server_to_order.is_unlinked, false) as has_unlinked_identities
    from measured
    left join disagreements as client_to_server
        on
            'client|' || measured.client_event_key = client_to_server.left_record
            and 'server|' || measured.server_event_key = client_to_server.right_record
    left join disagreements as client_to_order
        on
            'client|' || measured.client_event_key = client_to_order.left_record
            and 'order|' || measured.crm_order_key = client_to_order.right_record
    left join disagreements as server_to_order
        on
            'server|' || measured.server_event_key = server_to_order.left_record
            and 'order|' || measured.crm_order_key = server_to_order.right_record

),

decided as (

    select
        *,
        case
            when is_test_delivery or is_test_order then 'test'
            when server_outcome = 'blocked' then 'blocked'
            when in_client and is_denied and not in_server then 'denied_not_sent'
            when server_outcome = 'rejected' then 'rejected'
            when server_outcome = 'unknown' then 'unknown_outcome'
            when is_without_order and is_final then 'ghost'
            when in_crm and not in_client and not in_server then 'crm_only'
            when in_client and not in_server then 'missing_server'
            when in_server and not in_client then 'missing_client'
            when accepted_attempt_count > 1 then 'duplicate'
            when value_comparison in ('defaulted', 'currency', 'value') then 'value_mismatch'
            when match_method = 'canonical_id' then 'matched_probable'
            when in_client and in_server and (canonical_event <> 'purchase' or value_comparison = 'equal') then 'matched'
            else 'unclassified'
        end as status,
        {{ present_only(text_list([
            "case when is_test_order then 'crm_test_order' end",
            "case when is_test_delivery then 'test_event_code' end",
            "case when is_denied then 'consent_denied' end",
            "case when in_client and not in_server and not is_denied then 'no_server_delivery' end",
            "case when in_server and not in_client then 'no_browser_event' end",
            "case when in_server and server_event_id is null then 'server_event_id_missing' end",
            "case when match_method = 'order_id' and client_event_id is distinct from server_event_id then 'event_ids_differ' end",
            "case when server_canonical_event is distinct from canonical_event and in_client and in_server then 'event_names_differ' end",
            "case when abs(seconds_apart) > 300 then 'times_differ' end",
            "case when accepted_attempt_count > 1 then 'accepted_more_than_once' end",
            "case when value_comparison = 'defaulted' then 'value_defaulted' end",
            "case when value_comparison = 'currency' then 'currency_differs' end",
            "case when value_comparison = 'value' then 'value_differs' end",
            "case when in_client and in_server and canonical_event = 'purchase' and value_comparison is null then 'value_unknown' end",
            "case when crm_currency <> sent_currency then 'currency_differs_from_crm' end",
            "case when coalesce(crm_currency = sent_currency, true) and abs(sent_value - crm_value) > 0.01 then 'value_differs_from_crm' end",
            "case when crm_match_method = 'canonical_id' then 'order_probable' end",
            "case when is_without_order then 'no_crm_order' end",
            "case when in_crm and not is_valid_order then 'order_not_valid' end",
            "case when has_identity_conflict then 'identities_differ' end",
            "case when has_unlinked_identities then 'identities_unlinked' end"
        ])) }} as reasons
    from linked

),

final as (

    select
        {{ destination_prefix('destination') }} || dataset_id || '|'
        || coalesce(client_event_key, server_event_key, 'order|' || crm_order_key) as reconciled_event_id,
        reported_date as event_date,
        canonical_event,
        destination,
        dataset_id,
        coalesce(client_canonical_id, server_canonical_id, crm_canonical_id) as canonical_id,
        coalesce(crm_order_id, client_order_id, server_order_id) as order_id,
        client_event_id,
        server_event_id,
        in_client,
        in_server,
        in_crm,
        match_method,
        crm_match_method,
        status,
        reasons,
        client_at,
        server_at,
        server_received_at,
        crm_at,
        seconds_apart,
        client_value,
        client_currency,
        server_value,
        server_currency,
        crm_value,
        crm_currency,
        client_event_name,
        server_event_name,
        server_outcome,
        attempt_count,
        accepted_attempt_count,
        is_conversion,
        is_denied,
        is_test_delivery or is_test_order as is_test,
        is_final,
        client_event_key,
        server_event_key,
        crm_order_key,
        client_canonical_id,
        server_canonical_id,
        crm_canonical_id,
        has_identity_conflict,
        is_valid_order,
        is_test_order,
        is_test_delivery,
        is_accepted,
        is_pair,
        is_deduplicated,
        value_comparison,
        is_without_order,
        not is_denied and not is_not_owed as is_owed_to_server,
        server_canonical_event,
        usual_event_name,
        client_order_key,
        server_order_key,
        ads_storage,
        analytics_storage,
        client_user_id,
        user_pseudo_id,
        is_debug,
        param_count,
        device_category,
        browser,
        country,
        campaign
    from decided

)

select * from final
