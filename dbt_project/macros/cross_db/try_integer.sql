{#- A whole number from text; null when it is none. -#}
{% macro try_integer(text) -%}
    {{ return(adapter.dispatch('try_integer', 'matchback')(text)) }}
{%- endmacro %}

{% macro duckdb__try_integer(text) -%}
    try_cast({{ text }} as bigint)
{%- endmacro %}

{% macro bigquery__try_integer(text) -%}
    safe_cast({{ text }} as int64)
{%- endmacro %}
