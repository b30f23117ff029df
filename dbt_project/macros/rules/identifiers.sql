{#- Texts that stand for no identifier, as they are compared: without case and surrounding white space. -#}
{% macro words_for_none() -%}
    {{ return([
        '', '(not set)', 'null', 'undefined', 'none', 'nan', 'anonymous', 'guest',
        '00000000-0000-0000-0000-000000000000', '00000000000000000000000000000000'
    ]) }}
{%- endmacro %}

{#- What is none besides where a person is named: shops write 0 for a guest. -#}
{% macro words_for_nobody() -%}
    {{ return(words_for_none() + ['0']) }}
{%- endmacro %}

{#- Whether a text of a payload says anything: no blank, no word for none, no JSON list or object of nothing. -#}
{% macro is_given(text, words) -%}
    coalesce(
        case
            when {{ text }} like '[%' or {{ text }} like '{' || '%'
                then not {{ regex_matches(text, '^[[](null|"[[:space:]]*"|[{][[:space:]]*[}]|[,[:space:]])*[]]$|^[{][[:space:]]*[}]$') }}
            else lower({{ trimmed(text) }}) not in ('{{ words | join("', '") }}')
        end,
        false
    )
{%- endmacro %}

{#- An identifier without surrounding white space, or null when it is one of the texts that stand for none. -#}
{% macro present_id(expression, words=words_for_none()) -%}
    (case
        when lower({{ trimmed(expression) }}) not in ('{{ words | join("', '") }}')
            then {{ trimmed(expression) }}
    end)
{%- endmacro %}

{#- A customer or user id, or null when it names nobody. -#}
{% macro present_person_id(expression) -%}
    {{ present_id(expression, words_for_nobody()) }}
{%- endmacro %}

{#- A GA client id: of the cookie GA1.n.x.y its last two groups, else as it is; null when it names nobody. -#}
{% macro present_client_id(expression) -%}
    coalesce({{ regex_capture(trimmed(expression), '^[Gg][Aa][0-9][.][0-9-]+[.]([0-9]+[.][0-9]+)$') }}, {{ present_person_id(expression) }})
{%- endmacro %}

{#- An id as it is compared: digits without leading zeros, which an integer slot of GA4 does not keep. -#}
{% macro without_leading_zeros(expression) -%}
    (case
        when {{ regex_matches(expression, '^0+[0-9]+$') }} then coalesce(nullif(ltrim({{ expression }}, '0'), ''), '0')
        else {{ expression }}
    end)
{%- endmacro %}

{#- An order id as it is compared: without case, surrounding space, a leading '#' or leading zeros; null when it is none. -#}
{% macro order_key(expression) -%}
    {{ without_leading_zeros("nullif(lower(" ~ trimmed("regexp_replace(" ~ present_id(expression) ~ ", '^#', '')") ~ "), '')") }}
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

{#- A customer or user id as an identifier: sha256 of its trimmed lower-case text, as Meta hashes external_id; hashes of words for nobody are none. -#}
{% macro hashed_customer_id(expression) -%}
    (case
        when {{ expression }} in (
            {%- for word in words_for_nobody() %}{{ sha256_hex("'" ~ word ~ "'") }}{{ ', ' if not loop.last }}{% endfor -%}
        ) then null
        when {{ regex_matches(expression, '^[0-9a-f]{64}$') }} then {{ expression }}
        else {{ sha256_hex('lower(trim(' ~ expression ~ '))') }}
    end)
{%- endmacro %}

{#- A hash without the appendix of Meta's Parameter Builder. -#}
{% macro without_appendix(expression) -%}
    regexp_replace({{ expression }}, '[.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2})$', '')
{%- endmacro %}
