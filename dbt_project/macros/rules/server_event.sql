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
            {%- do fields.append("case when " ~ list_size(items_below('payload_paths', object)) ~ " > 0 then '" ~ object ~ "' end") -%}
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
    {%- do texts.update({name: given_texts(json_fields('payload', text_paths(definition)), words_for_none())}) -%}
    {%- do identifiers.update({name: json_identifiers('payload', definition.identifiers, definition.lists, words_for_nobody())}) -%}
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
        {{ event_time_defect() }} as event_time_defect,
        payload_paths,
        {{ 'event_type' if with_gateway else 'cast(null as ' ~ type_text() ~ ') as event_type' }},
        {{ present_person_id('user_id') if with_gateway else 'cast(null as ' ~ type_text() ~ ')' }} as user_id,
        {{ present_client_id('client_id') if with_gateway else 'cast(null as ' ~ type_text() ~ ')' }} as client_id,
        {{ 'jurisdiction' if with_gateway else 'cast(null as ' ~ type_text() ~ ') as jurisdiction' }},
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
        {%- do found.update({name: read_event_time(sent, definition.time_format)}) -%}
    {%- endfor -%}
    {{ by_definition(found) }}
{%- endmacro %}

{#- A time that a payload sends: ISO 8601, or where numbers are expected seconds since the epoch, milliseconds among them. -#}
{% macro read_event_time(sent, time_format) -%}
    {%- set iso = try_timestamp(iso_text(sent)) -%}
    {%- if time_format == 'unix_seconds' -%}
    case
        when {{ is_milliseconds(sent) }} then {{ seconds_to_timestamp(try_double(sent) ~ ' / 1000') }}
        when {{ try_double(sent) }} is not null then {{ seconds_to_timestamp(try_double(sent)) }}
        else {{ iso }}
    end
    {%- else -%}
    {{ iso }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a number can only be milliseconds since the epoch: as seconds it is beyond the year 5000. -#}
{% macro is_milliseconds(sent) -%}
    coalesce({{ try_double(sent) }} between 100000000000 and 100000000000000, false)
{%- endmacro %}

{#- An ISO 8601 moment, extended or basic, as `YYYY-MM-DD hh:mm:ss.ffffff+hh:mm`; UTC where it names no zone; null when it is none. -#}
{% macro iso_text(sent) -%}
    {%- set date = '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}' -%}
    {%- set moment = trimmed(sent) -%}
    (case
        when {{ regex_matches(moment, '^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}[Tt])([Tt ]?[0-9]{2}(:?[0-9]{2}(:?[0-9]{2}([.,][0-9]+)?)?)? ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$') }}
            then concat(
                {{ regex_capture(moment, '^([0-9]{4})') }},
                '-', {{ regex_capture(moment, '^[0-9]{4}-?([0-9]{2})') }},
                '-', {{ regex_capture(moment, '^[0-9]{4}-?[0-9]{2}-?([0-9]{2})') }},
                ' ', coalesce({{ regex_capture(moment, date ~ '[Tt ]([0-9]{2})') }}, '00'),
                ':', coalesce({{ regex_capture(moment, date ~ '[Tt ][0-9]{2}:?([0-9]{2})') }}, '00'),
                ':', coalesce({{ regex_capture(moment, date ~ '[Tt ][0-9]{2}:?[0-9]{2}:?([0-9]{2})') }}, '00'),
                '.', coalesce({{ regex_capture(moment, '[.,]([0-9]{1,6})') }}, '0'),
                coalesce({{ regex_capture(moment, date ~ '[Tt ][0-9:.,]+ ?([+-][0-9]{2})') }}, '+00'),
                ':', coalesce({{ regex_capture(moment, date ~ '[Tt ][0-9:.,]+ ?[+-][0-9]{2}:?([0-9]{2})') }}, '00')
            )
    end)
{%- endmacro %}

{#- What is wrong with the time of a payload: milliseconds, or nothing that can be read; null when nothing is. -#}
{% macro event_time_defect() -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set sent = first_text(definition, definition.fields['event_time']) -%}
        {%- set unit = 'when ' ~ is_milliseconds(sent) ~ " then 'event_time_unit' " if definition.time_format == 'unix_seconds' else '' -%}
        {%- do found.update({name: 'case ' ~ unit ~ 'when ' ~ sent ~ ' is not null and ' ~ read_event_time(sent, definition.time_format) ~ " is null then 'event_time' end"}) -%}
    {%- endfor -%}
    {{ by_definition(found) }}
{%- endmacro %}
