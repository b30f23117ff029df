{%- set hashed_paths = [] -%}
{%- for key in hashed_keys() -%}{%- do hashed_paths.append('$.user_data.' ~ key) -%}{%- endfor -%}
{%- set raw_paths = [] -%}
{%- for key in never_hashed_keys() -%}{%- do raw_paths.append('$.user_data.' ~ key) -%}{%- endfor -%}
-- Grain: one row per logical server event of the window whose payload was logged; tests and blocked ones left out.
-- A view: the payload holds what was sent, so nothing of it is stored a second time.
{{ config(materialized='view') }}

with

servers as (

    select * from {{ ref('int_server_events') }}
    where not is_test and outcome <> 'blocked' and payload is not null

),

sides as (

    select server_event_key, event_date, canonical_event
    from {{ ref('int_reconciled_sides') }}
    where server_event_key is not null

),

events as (

    select
        servers.server_event_key,
        servers.dataset_id,
        servers.outcome = 'accepted' as is_accepted,
        coalesce(sides.event_date, {{ local_date('servers.received_at') }}) as event_date,
        coalesce(sides.canonical_event, servers.canonical_event, servers.event_name, 'unknown') as canonical_event,
        servers.dataset_id || '|' || coalesce(servers.canonical_event, servers.event_name, 'unknown') || '|'
        || coalesce(servers.event_id, servers.order_id, servers.attempt_id) as entity_id,
        servers.order_id,
        servers.value,
        servers.currency,
        {{ json_parts('servers.payload', hashed_paths) }} as hashed_parts,
        {{ json_fields('servers.payload', raw_paths) }} as raw_values
    from servers
    left join sides on servers.server_event_key = sides.server_event_key

),

in_window as (

    select * from events
    where event_date between {{ window_start() }} and {{ window_end() }}

)

select * from in_window
