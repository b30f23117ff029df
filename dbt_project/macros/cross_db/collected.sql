{#- Aggregate: the texts of a group as one list, nulls left out, in a given order. -#}
{% macro collected(expression, order_by) -%}
    {{ return(adapter.dispatch('collected', 'matchback')(expression, order_by)) }}
{%- endmacro %}

{% macro duckdb__collected(expression, order_by) -%}
    coalesce(list({{ expression }} order by {{ order_by }}) filter (where {{ expression }} is not null), cast([] as varchar[]))
{%- endmacro %}

{% macro bigquery__collected(expression, order_by) -%}
    ifnull(array_agg({{ expression }} ignore nulls order by {{ order_by }}), cast([] as array<string>))
{%- endmacro %}
