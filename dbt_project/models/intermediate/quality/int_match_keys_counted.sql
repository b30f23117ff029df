{%- set match_keys = [
    'em', 'ph', 'fbc', 'external_id', 'fbp', 'client_ip_address', 'client_user_agent',
    'fn', 'ln', 'db', 'zp', 'ct', 'st', 'country', 'ge'
] -%}
{%- set paths = [] -%}
{%- for match_key in match_keys -%}
    {%- do paths.append('$.user_data.' ~ match_key) -%}
{%- endfor -%}
-- Grain: one row per date, dataset, canonical event and customer-information key.
with

accepted_events as (

    select
        event_date,
        dataset_id,
        canonical_event,
        {{ json_parts('payload', paths) }} as key_parts
    from {{ ref('int_server_events') }}
    where
        outcome = 'accepted'
        and not is_test
        and canonical_event is not null
        and payload is not null
        and event_date between {{ window_start() }} and {{ window_end() }}

),

-- Counted side by side first: the events are read once, only the few groups are turned into rows per key.
counted_events as (

    select
        event_date,
        dataset_id,
        canonical_event,
        count(*) as event_count,
        {%- for match_key in match_keys %}
        {%- set part = element('key_parts', loop.index) %}
        {{ count_where("coalesce(" ~ part ~ ", 'null') not in ('null', '\"\"', '[]')") }} as {{ match_key }}_count,
        {{ count_where(regex_matches(part, '^[[]?"[0-9a-f]{64}([.]([A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}))?"')) }} as {{ match_key }}_hashed_count
        {{- "," if not loop.last }}
        {%- endfor %}
    from accepted_events
    group by
        event_date,
        dataset_id,
        canonical_event

),

keys as (

    select
        match_key,
        must_be_hashed
    from {{ ref('match_keys') }}

),

counted_keys as (

    select
        counted_events.event_date,
        counted_events.dataset_id,
        counted_events.canonical_event,
        keys.match_key,
        counted_events.event_count,
        case keys.match_key
            {%- for match_key in match_keys %}
            when '{{ match_key }}' then counted_events.{{ match_key }}_count
            {%- endfor %}
        end as event_with_key_count,
        case when keys.must_be_hashed then
            case keys.match_key
                {%- for match_key in match_keys %}
                when '{{ match_key }}' then counted_events.{{ match_key }}_hashed_count
                {%- endfor %}
            end
        end as hashed_count
    from counted_events
    cross join keys

)

select * from counted_keys
