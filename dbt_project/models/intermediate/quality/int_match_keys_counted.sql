-- Grain: one row per date, destination, dataset, canonical event and customer-information key.
with

accepted_events as (

    select
        event_date,
        destination,
        dataset_id,
        canonical_event,
        identifiers
    from {{ ref('int_server_events') }}
    where
        outcome = 'accepted'
        and not is_test
        and canonical_event is not null
        and has_payload
        and event_date between {{ window_start() }} and {{ window_end() }}

),

counted_events as (

    select
        event_date,
        destination,
        dataset_id,
        canonical_event,
        count(*) as event_count
    from accepted_events
    group by
        event_date,
        destination,
        dataset_id,
        canonical_event

),

-- The first value of a key stands for it: an event counts once however many it lists.
counted_identifiers as (

    select
        accepted_events.event_date,
        accepted_events.destination,
        accepted_events.dataset_id,
        accepted_events.canonical_event,
        identifier.type as match_key,
        count(*) as event_count,
        {{ count_where('identifier.is_hashed') }} as hashed_count
    from accepted_events
    cross join {{ unnest_as('accepted_events.identifiers', 'identifier') }}
    where identifier.position = 0
    group by
        accepted_events.event_date,
        accepted_events.destination,
        accepted_events.dataset_id,
        accepted_events.canonical_event,
        identifier.type

),

keys as (

    select
        destination,
        match_key,
        must_be_hashed
    from {{ ref('destination_keys') }}
    where rank is not null

),

counted_keys as (

    select
        counted_events.event_date,
        counted_events.destination,
        counted_events.dataset_id,
        counted_events.canonical_event,
        keys.match_key,
        counted_events.event_count,
        coalesce(counted_identifiers.event_count, 0) as event_with_key_count,
        case when keys.must_be_hashed then coalesce(counted_identifiers.hashed_count, 0) end as hashed_count
    from counted_events
    inner join keys on counted_events.destination = keys.destination
    left join counted_identifiers
        on
            counted_events.event_date = counted_identifiers.event_date
            and counted_events.destination = counted_identifiers.destination
            and counted_events.dataset_id = counted_identifiers.dataset_id
            and counted_events.canonical_event = counted_identifiers.canonical_event
            and keys.match_key = counted_identifiers.match_key

)

select * from counted_keys
