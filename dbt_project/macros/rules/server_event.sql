{#- The paths that are read of a payload as texts: of the fields first, then of what the rules ask for besides. -#}
{% macro text_paths(definition) -%}
    {%- set found = [] -%}
    {%- for paths in definition.fields.values() | list + definition.rule_paths.values() | list -%}
        {%- for path in paths if path not in found -%}
            {%- do found.append(path) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The first of some paths that holds a value, from the list of texts. -#}
{% macro first_text(definition, paths) -%}
    {%- set all_paths = text_paths(definition) -%}
    {%- set found = [] -%}
    {%- for path in paths -%}
        {%- do found.append(element('texts', all_paths.index(path) + 1)) -%}
    {%- endfor -%}
    {{ 'coalesce(' ~ found | join(', ') ~ ')' if found | length > 1 else found[0] }}
{%- endmacro %}

{#- One canonical field of a payload as text. -#}
{% macro payload_field(field) -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- if definition.fields[field] -%}
            {%- do found.update({name: first_text(definition, definition.fields[field])}) -%}
        {%- else -%}
            {%- do found.update({name: 'cast(null as ' ~ type_text() ~ ')'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ by_definition(found) }}
{%- endmacro %}

{#- The canonical fields that a payload holds: fields with a text, and objects whose key is there. -#}
{% macro present_fields() -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set fields = [] -%}
        {%- for field, paths in dict(definition.rule_paths, **definition.fields).items() -%}
            {%- do fields.append("case when " ~ first_text(definition, paths) ~ " is not null then '" ~ field ~ "' end") -%}
        {%- endfor -%}
        {%- for object in definition.objects -%}
            {%- do fields.append("case when " ~ list_size(matching_items('payload_paths', [object])) ~ " > 0 then '" ~ object ~ "' end") -%}
        {%- endfor -%}
        {%- do found.update({name: present_only(text_list(fields))}) -%}
    {%- endfor -%}
    {{ by_definition(found) }}
{%- endmacro %}

{#-
    The canonical server event, in which every stg_capi model ends: CTEs from a relation of (source_format, file_name,
    row_number, batch_position, destination, dataset_id, request_id, answer_id, received_at, outcome, http_status,
    error_code, error_subcode, is_parse_failure, is_test, payload) to `server_events`. The payload is opened here and
    nowhere else: what a definition names leaves as columns. with_gateway: the relation has the gateway's columns too.
-#}
{% macro canonical_server_events(relation, with_gateway=false) -%}
{%- set texts, identifiers, key_paths, unknown, items = {}, {}, {}, {}, {} -%}
{%- for name, definition in destinations().items() -%}
    {%- set objects = definition.objects.keys() | list -%}
    {%- do texts.update({name: json_fields('payload', text_paths(definition))}) -%}
    {%- do identifiers.update({name: json_identifiers('payload', definition.identifiers, definition.lists)}) -%}
    {%- do key_paths.update({name: json_key_paths('payload', objects)}) -%}
    {%- do unknown.update({name: unknown_keys('payload_paths', objects, definition.known_keys)}) -%}
    {%- do items.update({name: json_item_list('payload', definition['items'])}) -%}
{%- endfor -%}
opened as (

    select
        {{ relation }}.*,
        {{ by_definition(texts) }} as texts,
        {{ by_definition(identifiers) }} as identifiers,
        {{ by_definition(key_paths) }} as payload_paths,
        {{ by_definition(items) }} as items
    from {{ relation }}

),

server_events as (

    select
        source_format,
        file_name,
        opened.row_number,
        batch_position,
        destination,
        {{ definition_of('destination') }} as definition,
        dataset_id,
        request_id,
        answer_id,
        received_at,
        outcome,
        http_status,
        error_code,
        error_subcode,
        is_parse_failure,
        is_test,
        payload is not null as has_payload,
        {{ payload_field('event_name') }} as event_name,
        {% if with_gateway -%}
        coalesce({{ present_id(payload_field('event_id')) }}, {{ present_id('logged_event_id') }}) as event_id,
        {%- else -%}
        {{ present_id(payload_field('event_id')) }} as event_id,
        {%- endif %}
        {{ present_id(payload_field('order_id')) }} as order_id,
        {{ present_id(payload_field('lead_id')) }} as lead_id,
        coalesce({{ event_time() }}, received_at) as event_at,
        {{ payload_field('action_source') }} as action_source,
        {{ payload_field('event_source_url') }} as event_source_url,
        {{ money(payload_field('value')) }} as value,
        {{ payload_field('currency') }} as currency,
        items,
        identifiers,
        {{ present_fields() }} as present_fields,
        {{ by_definition(unknown) }} as unknown_keys,
        payload_paths,
        {% for column in ['event_type', 'user_id', 'client_id', 'jurisdiction'] -%}
        {{ column if with_gateway else 'cast(null as ' ~ type_text() ~ ') as ' ~ column }},
        {% endfor -%}
        {% for column in ['gpc', 'consent_necessary', 'consent_analytics', 'consent_marketing'] -%}
        {{ column if with_gateway else 'cast(null as boolean) as ' ~ column }},
        {% endfor -%}
        {% for column in ['consent_basis', 'block_reason'] -%}
        {{ column if with_gateway else 'cast(null as ' ~ type_text() ~ ') as ' ~ column }},
        {% endfor -%}
        {{ 'fields_sent' if with_gateway else empty_text_list() ~ ' as fields_sent' }},
        {{ 'fields_stripped' if with_gateway else empty_text_list() ~ ' as fields_stripped' }}
    from opened

)
{%- endmacro %}

{#- The time of an event as its payload says. -#}
{% macro event_time() -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set sent = first_text(definition, definition.fields['event_time']) -%}
        {%- do found.update({name: seconds_to_timestamp(try_double(sent)) if definition.time_format == 'unix_seconds' else try_timestamp(sent)}) -%}
    {%- endfor -%}
    {{ by_definition(found) }}
{%- endmacro %}
