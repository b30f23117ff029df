{#- The value of a GA4 parameter as text, whichever typed slot holds it. Whole doubles read like integers. -#}
{% macro ga4_slot_text(value) -%}
    {{ return(adapter.dispatch('ga4_slot_text', 'matchback')(value)) }}
{%- endmacro %}

{% macro duckdb__ga4_slot_text(value) -%}
    coalesce(
        {{ value }}.string_value,
        cast({{ value }}.int_value as varchar),
        regexp_replace(cast({{ value }}.double_value as varchar), '\.0$', ''),
        regexp_replace(cast({{ value }}.float_value as varchar), '\.0$', '')
    )
{%- endmacro %}

{% macro bigquery__ga4_slot_text(value) -%}
    coalesce(
        {{ value }}.string_value,
        cast({{ value }}.int_value as string),
        cast({{ value }}.double_value as string),
        cast({{ value }}.float_value as string)
    )
{%- endmacro %}
