{#- A value as text. -#}
{% macro as_text(expression) -%}
    {{ return(adapter.dispatch('as_text', 'matchback')(expression)) }}
{%- endmacro %}

{% macro default__as_text(expression) -%}
    {{ exceptions.raise_compiler_error("as_text: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__as_text(expression) -%}
    cast({{ expression }} as varchar)
{%- endmacro %}

{% macro bigquery__as_text(expression) -%}
    cast({{ expression }} as string)
{%- endmacro %}
