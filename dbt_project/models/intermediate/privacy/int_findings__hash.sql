-- Grain: one row per violating thing of the hash and click-id checks.
with

payload_hashes as (

    select * from {{ ref('int_payload_hashes') }}

),

per_key as (

    select
        server_event_key,
        payload_key,
        min(destination) as destination,
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

    select server_event_key, destination, dataset_id, event_date, canonical_event, entity_id, value, currency, payload_key, defect
    from {{ ref('int_raw_keys_judged') }}
    where defect <> ''

),

keys as (

    select destination, match_key, field_path, pattern_in_words from {{ ref('destination_keys') }}

),

findings as (

    select
        case when format_defect <> '' then 'hash_format' else 'hash_junk' end as check_id,
        event_date,
        destination,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        server_event_key,
        payload_key,
        case when format_defect <> '' then format_defect else 'junk' end as defect,
        canonical_event,
        case
            when format_defect <> '' then 'not 64 lower-case hex digits'
            when placeholder like '%@%' then 'hash ' || substr(junk_digest, 1, 8) || ' of a placeholder address'
            else 'hash ' || substr(junk_digest, 1, 8) || ' of the placeholder ' || placeholder
        end as evidence,
        value,
        currency
    from per_key
    union all
    select
        'hash_mismatch' as check_id,
        event_date,
        destination,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        server_event_key,
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
        destination,
        dataset_id,
        'source_field' as entity_type,
        substr(digest, 1, 8) as entity_id,
        cast(null as {{ type_text() }}) as server_event_key,
        payload_key,
        '' as defect,
        cast(null as {{ type_text() }}) as canonical_event,
        'hash ' || substr(digest, 1, 8) || ' on ' || {{ as_text('event_count') }} || ' of ' || {{ as_text('key_event_count') }} || ' events' as evidence,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from constants
    union all
    select
        case defect when 'hashed' then 'never_hash' else 'click_id_malformed' end as check_id,
        event_date,
        destination,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        server_event_key,
        payload_key,
        defect,
        canonical_event,
        case defect when 'hashed' then 'sent as a hash, must be raw' end as evidence,
        value,
        currency
    from raw_keys

),

-- One event id on several orders makes several logical events of one name: the order tells them apart.
of_interest as (

    select distinct entity_id from findings where server_event_key is not null

),

order_ids as (

    select
        scanned.server_event_key,
        scanned.entity_id,
        scanned.order_id
    from {{ ref('int_scanned_server_events') }} as scanned
    inner join of_interest on scanned.entity_id = of_interest.entity_id

),

shared_ids as (

    select entity_id from order_ids
    group by entity_id
    having count(*) > 1

),

distinct_ids as (

    select order_ids.server_event_key, order_ids.entity_id || '|' || coalesce(order_ids.order_id, '') as entity_id
    from order_ids
    inner join shared_ids on order_ids.entity_id = shared_ids.entity_id

),

final as (

    select
        findings.check_id,
        findings.event_date,
        'capi' as source,
        findings.dataset_id,
        findings.entity_type,
        case findings.entity_type
            when 'source_field' then 'capi|' || {{ destination_prefix('findings.destination') }} || findings.dataset_id || '|' || keys.field_path
                || '|' || findings.entity_id
            else coalesce(distinct_ids.entity_id, findings.entity_id)
        end as entity_id,
        keys.field_path,
        findings.defect,
        case
            when findings.canonical_event is null then 'dataset_id=' || findings.dataset_id
            else {{ event_dimension('findings.canonical_event', 'findings.dataset_id') }}
        end as dimension,
        coalesce(findings.evidence, 'not ' || keys.pattern_in_words) as evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        case when findings.canonical_event = 'purchase' then findings.value end as value_at_risk,
        case when findings.canonical_event = 'purchase' then findings.currency end as currency
    from findings
    inner join keys on findings.destination = keys.destination and findings.payload_key = keys.match_key
    left join distinct_ids on findings.server_event_key = distinct_ids.server_event_key

)

select * from final
