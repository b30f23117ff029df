-- Grain: one row per logical server event and identifier it carries.
{%- set nodes, landed = {}, {} -%}
{%- for name, definition in destinations().items() -%}
    {%- set cases = [] -%}
    {%- for key, identity in definition.identities.items() -%}
        {%- if identity.node == 'hashed_email' -%}
            {%- set node = "case when is_email_hash then " ~ identity_node('hashed_email', 'plain_hash') ~ " end" -%}
        {%- elif identity.node == 'customer_id' -%}
            {%- set node = identity_node('customer_id', hashed_customer_id(present_person_id('sent'))) -%}
        {%- else -%}
            {%- set part = regex_capture('sent', identity.part) if identity.part else 'sent' -%}
            {%- set node = identity_node(identity.node, sha256_hex(part)) -%}
        {%- endif -%}
        {%- do cases.append("when '" ~ key ~ "' then " ~ node) -%}
    {%- endfor -%}
    {%- do nodes.update({name: 'case identifier_type ' ~ cases | join(' ') ~ ' end'}) -%}
{%- endfor %}
with

events as (

    select server_event_key, destination, user_id, client_id, event_source_url, identifiers
    from {{ ref('int_server_events') }}
    where not is_test

),

sent_values as (

    select
        events.server_event_key,
        events.destination,
        identifier.type as identifier_type,
        identifier.value as sent,
        {{ without_appendix('identifier.value') }} as plain_hash
    from events
    cross join {{ unnest_as('events.identifiers', 'identifier') }}
    where {{ has_role('identifier.type', 'identities', 'events.destination') }}

),

checked as (

    select
        sent_values.*,
        {{ regex_matches('plain_hash', '^[0-9a-f]{64}$') }}
        and plain_hash not in (select digest from {{ ref('junk_hashes') }}) as is_email_hash
    from sent_values

),

nodes as (

    select server_event_key, {{ by_definition(nodes) }} as node from checked
    union all
    select server_event_key, {{ identity_node('customer_id', hashed_customer_id('user_id')) }} as node
    from events
    union all
    select server_event_key, {{ identity_node('client_id', sha256_hex('client_id')) }} as node
    from events
    {%- for name, definition in destinations().items() %}
    {%- for parameter in definition.clicks.values() | unique %}
    union all
    select server_event_key, {{ identity_node('click_id', sha256_hex(present_id(url_parameter('event_source_url', parameter)))) }} as node
    from events
    where destination = '{{ name }}'
    {%- endfor %}
    {%- endfor %}

),

present as (

    select distinct server_event_key, node from nodes where node is not null

)

select * from present
