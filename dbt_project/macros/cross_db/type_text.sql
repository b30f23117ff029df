{#- The text type. -#}
{% macro type_text() -%}
    {{ return(adapter.dispatch('type_text', 'matchback')()) }}
{%- endmacro %}

{% macro default__type_text() -%}
    {{ exceptions.raise_compiler_error("type_text: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__type_text() -%}
    varchar
{%- endmacro %}

{% macro bigquery__type_text() -%}
    string
{%- endmacro %}
