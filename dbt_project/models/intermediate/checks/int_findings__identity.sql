-- Grain: one conversion without identity, with two identities, or without the click id its journey had.
with

conversions as (

    select
        *,
        {{ destination_prefix('destination') }} || dataset_id || '|' || canonical_event || '|' || coalesce(server_event_id, client_event_id, order_id, reconciled_event_id) as server_entity_id,
        case
            when in_server then 'server_event'
            when in_client then 'client_event'
            else 'order'
        end as entity_type,
        case
            when in_server then {{ destination_prefix('destination') }} || dataset_id || '|' || canonical_event || '|' || coalesce(server_event_id, server_order_key, server_event_key)
            when in_client then canonical_event || '|' || coalesce(client_event_id, client_order_key, client_event_key)
            else order_id
        end as entity_id
    from {{ ref('int_reconciled_events') }}
    where is_conversion and not is_test

),

server_identified as (

    select distinct server_event_key from {{ ref('int_server_identifiers') }}

),

click_survival as (

    select * from {{ ref('int_click_survival') }}

),

click_keys as (

    select
        destination,
        min(field_path) as field_path,
        'the journey landed with ' || {{ joined(collected('landing_parameter', 'rank'), ' or ') }}
        || ', the delivery has no ' || {{ joined(collected('match_key', 'rank'), ' or ') }} as evidence
    from {{ ref('destination_keys') }}
    where landing_parameter is not null
    group by destination

),

findings as (

    select
        'canonical_id_missing' as check_id, conversions.event_date, conversions.dataset_id, conversions.entity_type, conversions.entity_id,
        '' as defect, 'no identifier on any side' as evidence,
        coalesce(conversions.crm_value, conversions.server_value, conversions.client_value) as value_at_risk,
        coalesce(conversions.crm_currency, conversions.server_currency, conversions.client_currency) as currency,
        conversions.canonical_event,
        '' as field_path
    from conversions
    left join server_identified on conversions.server_event_key = server_identified.server_event_key
    where
        not conversions.is_denied
        and conversions.client_canonical_id is null
        and conversions.crm_canonical_id is null
        and server_identified.server_event_key is null
    union all
    select
        'canonical_id_conflict', event_date, dataset_id, entity_type, entity_id,
        '', 'the sides resolve to different journeys',
        coalesce(crm_value, server_value, client_value),
        coalesce(crm_currency, server_currency, client_currency),
        canonical_event,
        ''
    from conversions
    where has_identity_conflict
    union all
    select
        'click_id_lost', conversions.event_date, conversions.dataset_id, 'server_event', conversions.server_entity_id,
        '', click_keys.evidence,
        coalesce(conversions.server_value, conversions.client_value),
        coalesce(conversions.server_currency, conversions.client_currency),
        conversions.canonical_event,
        click_keys.field_path
    from conversions
    inner join click_survival on conversions.reconciled_event_id = click_survival.reconciled_event_id
    inner join click_keys on conversions.destination = click_keys.destination
    where not click_survival.has_click_id

),

-- Only server events belong to a dataset: an order or a browser event is told once.
told_once as (

    select
        *,
        row_number() over (
            partition by check_id, entity_id, event_date, case when entity_type = 'server_event' then dataset_id else '' end
            order by dataset_id
        ) as repeat_ordinal
    from findings

),

counted as (

    select
        check_id,
        event_date,
        case check_id when 'click_id_lost' then 'capi' else 'identity' end as source,
        dataset_id,
        entity_type,
        entity_id,
        field_path,
        defect,
        'canonical_event=' || canonical_event as dimension,
        evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        cast(value_at_risk as {{ type_money() }}) as value_at_risk,
        currency
    from told_once
    where repeat_ordinal = 1

)

select {{ finding_columns() }} from counted
