{#- A whole number from text; null when it is none. -#}
{% macro try_integer(text) -%}
    {{ return(adapter.dispatch('try_integer', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__try_integer(text) -%}
    {{ exceptions.raise_compiler_error("try_integer: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_integer(text) -%}
    try_cast({{ text }} as bigint)
{%- endmacro %}

{% macro bigquery__try_integer(text) -%}
    safe_cast({{ text }} as int64)
{%- endmacro %}
