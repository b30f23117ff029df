-- Grain: one row per hash or click-id check and dimension.
with

scanned as (

    select event_date, canonical_event, dataset_id, is_accepted, count(*) as event_count
    from {{ ref('int_scanned_server_events') }}
    group by event_date, canonical_event, dataset_id, is_accepted

),

click_ids as (

    select event_date, canonical_event, dataset_id, value_count from {{ ref('int_raw_keys_judged') }}
    where has_pattern

),

findings as (

    select check_id, event_date, dataset_id, dimension from {{ ref('int_findings__hash') }}

),

payload_hashes as (

    select event_date, canonical_event, dataset_id, digest from {{ ref('int_payload_hashes') }}

),

compared as (

    select event_date, canonical_event, dataset_id, is_match from {{ ref('int_hashes_compared') }}

),

accepted_counts as (

    select event_date, {{ event_dimension('canonical_event', 'dataset_id') }} as dimension, dataset_id, sum(event_count) as denominator
    from scanned
    where is_accepted
    group by event_date, canonical_event, dataset_id

),

purchase_hash_counts as (

    select event_date, {{ event_dimension('canonical_event', 'dataset_id') }} as dimension, dataset_id, count(*) as denominator
    from payload_hashes
    where canonical_event = 'purchase' and digest is not null
    group by event_date, canonical_event, dataset_id

),

click_id_counts as (

    select
        event_date,
        {{ event_dimension('canonical_event', 'dataset_id') }} as dimension,
        dataset_id,
        sum(value_count) as denominator
    from click_ids
    group by event_date, canonical_event, dataset_id

),

compared_counts as (

    select
        event_date,
        {{ event_dimension('canonical_event', 'dataset_id') }} as dimension,
        dataset_id,
        {{ count_where('is_match') }} as numerator,
        count(*) as denominator
    from compared
    group by event_date, canonical_event, dataset_id

),

finding_counts as (

    select check_id, event_date, dimension, dataset_id, count(*) as numerator
    from findings
    where check_id in ('hash_format', 'hash_junk', 'click_id_malformed')
    group by check_id, event_date, dimension, dataset_id

),

populations as (

    select 'hash_format' as check_id, * from accepted_counts
    union all
    select 'hash_junk' as check_id, * from purchase_hash_counts
    union all
    select 'click_id_malformed' as check_id, * from click_id_counts

),

rate_rows as (

    select
        coalesce(populations.check_id, finding_counts.check_id) as check_id,
        coalesce(populations.event_date, finding_counts.event_date) as event_date,
        coalesce(populations.dimension, finding_counts.dimension) as dimension,
        coalesce(populations.dataset_id, finding_counts.dataset_id) as dataset_id,
        coalesce(finding_counts.numerator, 0) as numerator,
        coalesce(populations.denominator, 0) as denominator
    from populations
    full join finding_counts
        on
            populations.check_id = finding_counts.check_id
            and populations.event_date = finding_counts.event_date
            and populations.dimension = finding_counts.dimension
    union all
    select 'hash_mismatch' as check_id, event_date, dimension, dataset_id, numerator, denominator
    from compared_counts

),

checks as (

    {% for check_id in ['hash_format', 'hash_junk', 'hash_mismatch', 'click_id_malformed', 'hash_constant', 'never_hash'] %}
    select '{{ check_id }}' as check_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

scan_size as (

    select coalesce(sum(event_count), 0) as event_count from scanned

),

zero_counts as (

    select check_id, count(*) as finding_count
    from findings
    where check_id in ('hash_constant', 'never_hash')
    group by check_id

),

rate_totals as (

    select check_id, sum(numerator) as numerator, sum(denominator) as denominator
    from rate_rows
    group by check_id

),

all_rows as (

    select
        checks.check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        case
            when checks.check_id in ('hash_constant', 'never_hash') then coalesce(zero_counts.finding_count, 0)
            else coalesce(rate_totals.numerator, 0)
        end as numerator,
        case
            when checks.check_id in ('hash_constant', 'never_hash') then scan_size.event_count
            else coalesce(rate_totals.denominator, 0)
        end as denominator,
        case
            when checks.check_id in ('hash_constant', 'never_hash') then cast(coalesce(zero_counts.finding_count, 0) as {{ type_double() }})
        end as value,
        case
            when checks.check_id = 'hash_mismatch' then coalesce(rate_totals.denominator, 0) > 0
            else scan_size.event_count > 0
        end as has_input
    from checks
    cross join scan_size
    left join zero_counts on checks.check_id = zero_counts.check_id
    left join rate_totals on checks.check_id = rate_totals.check_id

),

final as (

    select
        check_id,
        event_date,
        dimension,
        dataset_id,
        value,
        cast(numerator as {{ type_integer() }}) as numerator,
        cast(denominator as {{ type_integer() }}) as denominator,
        has_input
    from all_rows
    union all
    select
        check_id,
        event_date,
        dimension,
        dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(numerator as {{ type_integer() }}) as numerator,
        cast(denominator as {{ type_integer() }}) as denominator,
        true as has_input
    from rate_rows

)

select * from final
