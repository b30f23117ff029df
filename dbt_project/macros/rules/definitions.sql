{#- The destination that an event belongs to when its log names none. -#}
{% macro default_destination() -%}
    {{ return((destinations().items() | selectattr('1.is_default') | list)[0][0]) }}
{%- endmacro %}

{#- Whether a destination is reconciled: it has a definition. -#}
{% macro is_reconciled(destination) -%}
    {{ destination }} in ('{{ destinations().keys() | join("', '") }}')
{%- endmacro %}

{#- The definition by which an event is read: its destination's, else the default one. -#}
{% macro definition_of(destination) -%}
    case when {{ is_reconciled(destination) }} then {{ destination }} else '{{ default_destination() }}' end
{%- endmacro %}

{#- One expression per definition (name -> SQL), chosen by a column; what has no definition is read as the default one. -#}
{% macro by_definition(expressions, destination='destination') -%}
    {%- set usual = expressions[default_destination()] -%}
    {%- if expressions.values() | unique | list | length == 1 -%}
    {{ usual }}
    {%- else -%}
    case {{ destination }}
        {%- for name, expression in expressions.items() if name != default_destination() %}
        when '{{ name }}' then {{ expression }}
        {%- endfor %}
        else {{ usual }}
    end
    {%- endif -%}
{%- endmacro %}

{#- An identifier type of one of the lists of the definitions (hashed, raw, may_be_raw, customer_keys, identities, clicks); `role` names the list. -#}
{% macro has_role(type, role, destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: type ~ " in ('" ~ definition[role] | list | join("', '") ~ "')"}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- The part of a key or an entity id that tells destinations apart; the default one has none, as it had when it was alone. -#}
{% macro destination_prefix(destination) -%}
    {%- if destinations() | length == 1 -%}
    ''
    {%- else -%}
    (case when {{ destination }} = '{{ default_destination() }}' then '' else {{ destination }} || '|' end)
    {%- endif -%}
{%- endmacro %}

{#- The destination of a logged URL; the default one without a URL, null for a host of none. -#}
{% macro destination_of_url(url) -%}
    case
        when {{ url }} is null then '{{ default_destination() }}'
        {%- for name, definition in destinations().items() %}
        when {{ regex_matches(url, definition.request.urls) }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- The account of an event where the log line shows it: in the URL, else in the message. -#}
{% macro account_in_log(url, message) -%}
    coalesce(
    {%- for definition in destinations().values() if definition.account.in_url %}
        {{ regex_capture(url, definition.account.in_url) }},
    {%- endfor %}
    {%- for definition in destinations().values() if definition.account.in_message %}
        {{ regex_capture(message, definition.account.in_message) }},
    {%- endfor %}
        null
    )
{%- endmacro %}

{#- Whether a request was a test; `request` is JSON text. -#}
{% macro is_test_request(request, destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set path = definition.request.test_code -%}
        {%- do found.update({name: json_text(request, path) ~ ' is not null' if path else 'false'}) -%}
    {%- endfor -%}
    ({{ by_definition(found, destination) }})
{%- endmacro %}

{#- The events of a request, as a list of JSON texts. -#}
{% macro request_events(request, destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: json_items(request, definition.request.events)}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- The names of the fields of a payload, from the paths of its keys. -#}
{% macro payload_field_names(paths) -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: last_names(paths, definition.objects.keys() | list)}) -%}
    {%- endfor -%}
    {{ by_definition(found) }}
{%- endmacro %}

{#- Whether a payload has the object that holds the identifiers. Reads dated.destination and payloads.present_fields. -#}
{% macro has_user_data() -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: list_size(matching_items('payloads.present_fields', [definition.identifiers_in])) ~ ' > 0'}) -%}
    {%- endfor -%}
    {{ by_definition(found, 'dated.destination') }}
{%- endmacro %}

{#- The first click id among the identifiers of an event; null when it sent none. -#}
{% macro click_id_sent(identifiers, destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: identifier_value(identifiers, definition.clicks.keys() | list)}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- The customer id among the identifiers of an event; null when it sent none. -#}
{% macro customer_id_sent(identifiers, destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set keys = [] -%}
        {%- for key, identity in definition.identities.items() if identity.node == 'customer_id' -%}
            {%- do keys.append(key) -%}
        {%- endfor -%}
        {%- do found.update({name: identifier_value(identifiers, keys)}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- The objects that fields of a payload stand in, of every definition. -#}
{% macro payload_objects() -%}
    {%- set found = [] -%}
    {%- for definition in destinations().values() -%}
        {%- do found.extend(definition.objects.keys() | list) -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{%- endmacro %}

{#- The object of a payload that holds the identifiers, as a text. -#}
{% macro identifier_object(destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: "'" ~ definition.identifiers_in ~ "'"}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- Customer-information keys below which a purchase is told; null where the definition does not judge them. -#}
{% macro fewest_customer_keys(destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set bounds = definition.rules.customer_information -%}
        {%- do found.update({name: bounds.warns_from if bounds else 'null'}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}
