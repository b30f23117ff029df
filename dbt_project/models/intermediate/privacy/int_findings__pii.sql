-- Grain: one field of one record that holds personal data in plain text.
with

hits as (

    select * from {{ ref('int_pii_hits') }}

),

findings as (

    select
        'plain_pii' as check_id,
        event_date,
        min(source) as source,
        min(dataset_id) as dataset_id,
        min(entity_type) as entity_type,
        entity_id,
        field_path,
        kind as defect,
        case
            when min(canonical_event) is null then 'source=' || min(source)
            else {{ event_dimension('min(canonical_event)', 'min(dataset_id)') }}
        end as dimension,
        min(masked) as evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        max(case when canonical_event = 'purchase' then value end) as value_at_risk,
        max(case when canonical_event = 'purchase' then currency end) as currency
    from hits
    group by event_date, entity_id, field_path, kind

)

select {{ finding_columns() }} from findings
