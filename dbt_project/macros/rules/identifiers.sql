{#- An identifier, or null when it is one of the texts that stand for none. -#}
{% macro present_id(expression) -%}
    (case
        when lower(trim({{ expression }})) not in ('', '(not set)', 'null', 'undefined')
            then trim({{ expression }})
    end)
{%- endmacro %}

{#- An order id as it is compared: without case, surrounding space or a leading '#'. -#}
{% macro order_key(expression) -%}
    nullif(lower(trim(regexp_replace(trim({{ expression }}), '^#', ''))), '')
{%- endmacro %}

{#- The event id of a GA4 row: the first of the configured parameters that is present, as text. -#}
{% macro ga4_event_id() -%}
    coalesce(
    {%- for key in setting('event_id_params') %}
        {{ present_id(ga4_param(key)) }},
    {%- endfor %}
        null
    )
{%- endmacro %}

{#- The order id of a GA4 row: the transaction_id parameter of any type, else ecommerce.transaction_id. -#}
{% macro ga4_order_id(relation) -%}
    coalesce(
        {{ present_id(ga4_param('transaction_id')) }},
        {{ present_id(relation ~ '.ecommerce.transaction_id') }}
    )
{%- endmacro %}

{#- The value of a GA4 row: the value parameter of any type, else ecommerce.purchase_revenue. -#}
{% macro ga4_value(relation) -%}
    coalesce(
        {{ money(ga4_param('value')) }},
        {{ money(relation ~ '.ecommerce.purchase_revenue') }}
    )
{%- endmacro %}

{#- A GA4 consent field as true, false or null (unset). -#}
{% macro yes_no(expression) -%}
    (case lower({{ expression }}) when 'yes' then true when 'no' then false end)
{%- endmacro %}

{#- A customer or user id as an identifier: sha256 of its trimmed lower-case text, as Meta hashes external_id. -#}
{% macro hashed_customer_id(expression) -%}
    (case
        when {{ regex_matches(expression, '^[0-9a-f]{64}$') }} then {{ expression }}
        else {{ sha256_hex('lower(trim(' ~ expression ~ '))') }}
    end)
{%- endmacro %}

{#- A hash without the appendix of Meta's Parameter Builder. -#}
{% macro without_appendix(expression) -%}
    regexp_replace({{ expression }}, '[.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2})$', '')
{%- endmacro %}
