-- Grain: one row per violating thing of the hash and click-id checks.
with

payload_hashes as (

    select * from {{ ref('int_payload_hashes') }}

),

per_key as (

    select
        server_event_key,
        payload_key,
        min(dataset_id) as dataset_id,
        min(event_date) as event_date,
        min(canonical_event) as canonical_event,
        min(entity_id) as entity_id,
        min(value) as value,
        min(currency) as currency,
        {{ first_by('format_defect', "case when format_defect = '' then 1 else 0 end, element_position") }} as format_defect,
        {{ first_by('digest', 'case when is_junk then 0 else 1 end, element_position') }} as junk_digest,
        {{ first_by('placeholder', 'case when is_junk then 0 else 1 end, element_position') }} as placeholder,
        max(case when is_junk then 1 else 0 end) = 1 as is_junk
    from payload_hashes
    where format_defect <> '' or is_junk
    group by server_event_key, payload_key

),

compared as (

    select * from {{ ref('int_hashes_compared') }} where not is_match

),

constants as (

    select * from {{ ref('int_hash_constants') }}

),

raw_keys as (

    select * from {{ ref('int_raw_keys_judged') }} where is_hashed or is_malformed

),

findings as (

    select
        case when format_defect <> '' then 'hash_format' else 'hash_junk' end as check_id,
        event_date,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        payload_key,
        case when format_defect <> '' then format_defect else 'junk' end as defect,
        canonical_event,
        case
            when format_defect <> '' then 'not 64 lower-case hex digits'
            else 'hash ' || substr(junk_digest, 1, 8) || ' of the placeholder ' || placeholder
        end as evidence,
        value,
        currency
    from per_key
    union all
    select
        'hash_mismatch' as check_id,
        event_date,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        payload_key,
        defect,
        canonical_event,
        'hash ' || substr(digest, 1, 8) || ' is no accepted form of the field in the CRM' as evidence,
        value,
        currency
    from compared
    union all
    select
        'hash_constant' as check_id,
        event_date,
        dataset_id,
        'source_field' as entity_type,
        'capi|' || dataset_id || '|user_data.' || payload_key || '|' || substr(digest, 1, 8) as entity_id,
        payload_key,
        '' as defect,
        cast(null as {{ type_text() }}) as canonical_event,
        'hash ' || substr(digest, 1, 8) || ' on ' || {{ as_text('event_count') }} || ' of ' || {{ as_text('key_event_count') }} || ' events' as evidence,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from constants
    union all
    select
        case when is_hashed then 'never_hash' else 'click_id_malformed' end as check_id,
        event_date,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        payload_key,
        case when is_hashed then 'hashed' else 'malformed' end as defect,
        canonical_event,
        case when is_hashed then 'sent as a hash, must be raw' else 'not fb.<index>.<milliseconds>.<id>' end as evidence,
        value,
        currency
    from raw_keys

),

final as (

    select
        check_id,
        event_date,
        'capi' as source,
        dataset_id,
        entity_type,
        entity_id,
        'user_data.' || payload_key as field_path,
        defect,
        case when canonical_event is null then 'dataset_id=' || dataset_id else {{ event_dimension('canonical_event', 'dataset_id') }} end as dimension,
        evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        case when canonical_event = 'purchase' then value end as value_at_risk,
        case when canonical_event = 'purchase' then currency end as currency
    from findings

)

select * from final
