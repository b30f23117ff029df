-- Grain: one row per date, destination, dataset, canonical event and customer-information key.
with

counted_keys as (

    select
        event_date,
        destination,
        dataset_id,
        canonical_event,
        match_key,
        event_count,
        event_with_key_count,
        hashed_count
    from {{ ref('int_match_keys_counted') }}

),

covered_keys as (

    select
        event_date,
        destination,
        dataset_id,
        canonical_event,
        match_key,
        cast(event_count as {{ type_integer() }}) as event_count,
        cast(event_with_key_count as {{ type_integer() }}) as event_with_key_count,
        cast(hashed_count as {{ type_integer() }}) as hashed_count,
        cast(1.0 * event_with_key_count / event_count as {{ type_double() }}) as coverage,
        '{{ setting("run_id") }}' as run_id
    from counted_keys

)

select * from covered_keys
