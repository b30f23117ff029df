{#-
    One-to-one pairs from a CTE of candidates, best first, as CTEs ending in `<candidates>_pairs`.
    A round keeps the pairs in which each side is the other's best; the rest goes into the next round.
    The CTE holds client_event_key, server_event_key, destination, dataset_id, preference (smaller first), seconds_apart
    (absolute) and tie (text).
-#}
{% macro greedy_pairs(candidates, rounds=4) -%}
{% for round in range(1, rounds + 1) %}
{{ candidates }}_ranked_{{ round }} as (

    select
        open_candidates.*,
        row_number() over (
            partition by destination, dataset_id, client_event_key order by preference, seconds_apart, tie, server_event_key
        ) as client_rank,
        row_number() over (
            partition by server_event_key order by preference, seconds_apart, tie, client_event_key
        ) as server_rank
    from {{ candidates }} as open_candidates
    {% if round > 1 %}
    where
        not exists (
            select 1 from {{ candidates }}_pairs_{{ round - 1 }} as taken
            where
                taken.destination = open_candidates.destination
                and taken.dataset_id = open_candidates.dataset_id
                and taken.client_event_key = open_candidates.client_event_key
        )
        and not exists (
            select 1 from {{ candidates }}_pairs_{{ round - 1 }} as taken
            where taken.server_event_key = open_candidates.server_event_key
        )
    {% endif %}

),

{{ candidates }}_pairs_{{ round }} as (

    select destination, dataset_id, client_event_key, server_event_key
    from {{ candidates }}_ranked_{{ round }}
    where client_rank = 1 and server_rank = 1
    {% if round > 1 %}
    union all
    select destination, dataset_id, client_event_key, server_event_key
    from {{ candidates }}_pairs_{{ round - 1 }}
    {% endif %}

),
{% endfor %}

{{ candidates }}_pairs as (

    select destination, dataset_id, client_event_key, server_event_key from {{ candidates }}_pairs_{{ rounds }}

)
{%- endmacro %}

{#- Whether an event is still unpaired in another relation. -#}
{% macro unpaired(event, pairs, key) -%}
    not exists (select 1 from {{ pairs }} as earlier_pairs where earlier_pairs.{{ key }} = {{ event }}.{{ key }})
{%- endmacro %}
