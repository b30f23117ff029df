{#- Aggregate: the value of the first row of a group in a given order, null values included. -#}
{% macro first_by(expression, order_by) -%}
    {{ return(adapter.dispatch('first_by', 'matchback')(expression, order_by)) }}
{%- endmacro %}

{% macro duckdb__first_by(expression, order_by) -%}
    arg_min_null({{ expression }}, row({{ order_by }}))
{%- endmacro %}

{% macro bigquery__first_by(expression, order_by) -%}
    array_agg({{ expression }} order by {{ order_by }} limit 1)[safe_offset(0)]
{%- endmacro %}
