{#-
    One-to-one pairs of `<name>_clients` and `<name>_servers` with one pair_key, until none is left, as CTEs ending in
    `<name>_pairs`. Where a key names few, the best pair wins (greedy_pairs); where it names many, so that all
    combinations would be too many, and of what is then left, rows are paired by their rank: among those of one
    `twin` (a text), then of one second, then of the key. Clients hold client_event_key, pair_key, twin, client_at and
    rank_value; servers hold server_event_key, destination, dataset_id, pair_key, twin, event_at, rank_value, outcome
    and tie. preference: smaller is better; compatible, compatible_by_rank: what a pair must fulfil, always and where rank
    pairs; all read servers and clients. taken: a CTE of pairs whose clients are no longer free.
-#}
{% macro exhausted_pairs(name, preference, compatible='true', compatible_by_rank='true', taken=none, most_compared=100, rounds=3) -%}
{%- set apart = "abs(" ~ seconds_between('clients.client_at', 'servers.event_at') ~ ")" -%}
{{ name }}_client_counts as (

    select pair_key, count(*) as client_count from {{ name }}_clients
    group by pair_key

),

{{ name }}_keys as (

    select
        servers.destination,
        servers.dataset_id,
        servers.pair_key,
        count(*) * max(client_counts.client_count) > {{ most_compared }} as is_crowded
    from {{ name }}_servers as servers
    inner join {{ name }}_client_counts as client_counts on servers.pair_key = client_counts.pair_key
    group by servers.destination, servers.dataset_id, servers.pair_key

),

{{ name }}_nearest as (

    select
        servers.destination,
        servers.dataset_id,
        clients.client_event_key,
        servers.server_event_key,
        {{ preference }} as preference,
        {{ apart }} as seconds_apart,
        servers.tie
    from {{ name }}_servers as servers
    inner join {{ name }}_keys as pair_keys
        on
            servers.destination = pair_keys.destination
            and servers.dataset_id = pair_keys.dataset_id
            and servers.pair_key = pair_keys.pair_key
    inner join {{ name }}_clients as clients on servers.pair_key = clients.pair_key
    where
        not pair_keys.is_crowded
        and {{ compatible }}
        {%- if taken %}
        and {{ free_client('clients', taken, 'servers') }}
        {%- endif %}

),

{{ greedy_pairs(name ~ '_nearest', rounds) }},

{{ name }}_client_slots as (

    select
        pair_keys.destination,
        pair_keys.dataset_id,
        clients.*
    from {{ name }}_clients as clients
    inner join {{ name }}_keys as pair_keys on clients.pair_key = pair_keys.pair_key
    {%- if taken %}
    where {{ free_client('clients', taken, 'pair_keys') }}
    {%- endif %}

),

{% set stages = [('twin', 'twin', 'twin'), ('second', whole_second('client_at'), whole_second('event_at')), ('rank', "''", "''")] -%}
{% for stage, client_part, server_part in stages -%}
{%- set earlier = name ~ ('_nearest' if loop.first else '_by_' ~ stages[loop.index0 - 1][0]) ~ '_pairs' -%}
{{ name }}_by_{{ stage }}_clients as (

    select
        clients.*,
        {{ client_part }} as part,
        row_number() over (
            partition by clients.destination, clients.dataset_id, clients.pair_key, {{ client_part }}
            order by clients.client_at, clients.rank_value, clients.client_event_key
        ) as place
    from {{ name }}_client_slots as clients
    where
        {{ client_part }} is not null
        and {{ free_client('clients', earlier, 'clients') }}

),

{{ name }}_by_{{ stage }}_servers as (

    select
        servers.*,
        {{ server_part }} as part,
        row_number() over (
            partition by servers.destination, servers.dataset_id, servers.pair_key, {{ server_part }}
            order by
                case servers.outcome when 'accepted' then 0 else 1 end,
                servers.event_at,
                servers.rank_value,
                servers.tie,
                servers.server_event_key
        ) as place
    from {{ name }}_servers as servers
    where {{ server_part }} is not null and {{ unpaired('servers', earlier, 'server_event_key') }}

),

{{ name }}_by_{{ stage }}_pairs as (

    select servers.destination, servers.dataset_id, clients.client_event_key, servers.server_event_key
    from {{ name }}_by_{{ stage }}_servers as servers
    inner join {{ name }}_by_{{ stage }}_clients as clients
        on
            servers.destination = clients.destination
            and servers.dataset_id = clients.dataset_id
            and servers.pair_key = clients.pair_key
            and servers.part = clients.part
            and servers.place = clients.place
    where {{ compatible }} and {{ compatible_by_rank }}
    union all
    select destination, dataset_id, client_event_key, server_event_key from {{ earlier }}

),

{% endfor -%}
{{ name }}_pairs as (

    select destination, dataset_id, client_event_key, server_event_key from {{ name }}_by_rank_pairs

)
{%- endmacro %}

{#- The whole second of a moment, since the epoch. -#}
{% macro whole_second(moment) -%}
    cast(floor({{ seconds_between("timestamp '1970-01-01 00:00:00'", moment) }}) as {{ type_integer() }})
{%- endmacro %}

{#- Whether a client event has no pair yet at the account of another relation. -#}
{% macro free_client(event, pairs, account) -%}
    not exists (
        select 1 from {{ pairs }} as earlier_pairs
        where
            earlier_pairs.client_event_key = {{ event }}.client_event_key
            and earlier_pairs.destination = {{ account }}.destination
            and earlier_pairs.dataset_id = {{ account }}.dataset_id
    )
{%- endmacro %}
