-- Grain: one row, the match quality of Purchase: Meta's own score, else the coverage index as an estimate.
with

fetched_scores as (

    select
        fetched_at,
        dataset_id,
        value,
        max(fetched_at) over (partition by dataset_id) as last_fetched_at
    from {{ source('landing', 'meta_quality') }}
    where
        metric = 'match_quality'
        and event_name = 'Purchase'
        and fetched_at <= {{ as_of() }}

),

-- The weakest dataset decides.
api_score as (

    select min(value) as score
    from fetched_scores
    where fetched_at = last_fetched_at

),

counted_keys as (

    select
        destination,
        match_key,
        sum(event_count) as event_count,
        sum(event_with_key_count) as event_with_key_count
    from {{ ref('int_match_keys_counted') }}
    where canonical_event = 'purchase'
    group by destination, match_key

),

weights as (

    select
        destination,
        match_key,
        index_weight
    from {{ ref('destination_keys') }}

),

coverage_index as (

    select
        cast(sum(weights.index_weight * counted_keys.event_with_key_count / counted_keys.event_count) as {{ type_double() }})
            as score
    from counted_keys
    inner join weights
        on counted_keys.destination = weights.destination and counted_keys.match_key = weights.match_key

),

-- Only Meta knows how many events it matched to accounts, so an estimate has no input and stays unknown.
measured as (

    select
        'emq_purchase' as check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        coalesce(api_score.score, coverage_index.score) as value,
        cast(null as {{ type_integer() }}) as numerator,
        cast(null as {{ type_integer() }}) as denominator,
        api_score.score is not null as has_input
    from api_score
    cross join coverage_index

)

select * from measured
