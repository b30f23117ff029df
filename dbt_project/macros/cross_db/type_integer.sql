{#- The whole number type. -#}
{% macro type_integer() -%}
    {{ return(adapter.dispatch('type_integer', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__type_integer() -%}
    bigint
{%- endmacro %}

{% macro bigquery__type_integer() -%}
    int64
{%- endmacro %}
