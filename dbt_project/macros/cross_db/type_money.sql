{#- The money type: exact, two places. -#}
{% macro type_money() -%}
    {{ return(adapter.dispatch('type_money', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__type_money() -%}
    decimal(18, 2)
{%- endmacro %}

{% macro bigquery__type_money() -%}
    numeric
{%- endmacro %}
