-- Grain: one row per logical server event and identifier it carries.
with

events as (

    select
        server_event_key,
        user_id,
        client_id,
        {{ json_fields('payload', [
            '$.user_data.em', '$.user_data.external_id', '$.user_data.fbc', '$.user_data.fbp', '$.event_source_url'
        ]) }} as fields,
        {{ json_text_items('payload', '$.user_data.em') }} as emails,
        {{ json_text_items('payload', '$.user_data.external_id') }} as external_ids
    from {{ ref('int_server_events') }}
    where not is_test

),

emails as (

    select server_event_key, {{ element('fields', 1) }} as email from events
    union all
    select server_event_key, email from events
    cross join {{ unnest_as('events.emails', 'email') }}

),

hashed_emails as (

    select server_event_key, {{ without_appendix('email') }} as email from emails

),

external_ids as (

    select server_event_key, {{ element('fields', 2) }} as external_id from events
    where {{ list_size('external_ids') }} = 0
    union all
    select server_event_key, external_id from events
    cross join {{ unnest_as('events.external_ids', 'external_id') }}

),

nodes as (

    select server_event_key, {{ identity_node('hashed_email', 'email') }} as node
    from hashed_emails
    where
        {{ regex_matches('email', '^[0-9a-f]{64}$') }}
        and email not in (select digest from {{ ref('junk_hashes') }})
    union all
    select server_event_key, {{ identity_node('customer_id', hashed_customer_id(present_id('external_id'))) }} as node
    from external_ids
    union all
    select server_event_key, {{ identity_node('customer_id', hashed_customer_id(present_id('user_id'))) }} as node
    from events
    union all
    select server_event_key, {{ identity_node('client_id', sha256_hex(present_id('client_id'))) }} as node
    from events
    union all
    select server_event_key, {{ identity_node('click_id', sha256_hex(regex_capture(element('fields', 3), '^fb[.][0-9][.][0-9]+[.]([A-Za-z0-9_-]+)'))) }} as node
    from events
    union all
    select server_event_key, {{ identity_node('click_id', sha256_hex(url_parameter(element('fields', 5), 'fbclid'))) }} as node
    from events
    union all
    select server_event_key, {{ identity_node('fbp', sha256_hex(regex_capture(element('fields', 4), '^(fb[.][0-9][.][0-9]+[.][0-9]+)'))) }} as node
    from events

),

present as (

    select distinct server_event_key, node from nodes where node is not null

)

select * from present
