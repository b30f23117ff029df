{#- A UTC timestamp as text without an offset, fractions of a second without trailing zeros. -#}
{% macro timestamp_text(expression) -%}
    {{ return(adapter.dispatch('timestamp_text', 'matchback')(expression)) }}
{%- endmacro %}

{% macro duckdb__timestamp_text(expression) -%}
    cast({{ expression }} as varchar)
{%- endmacro %}

{% macro bigquery__timestamp_text(expression) -%}
    regexp_replace(regexp_replace(cast({{ expression }} as string), r'\+00$', ''), r'(\.[0-9]*?)0+$', r'\1')
{%- endmacro %}
