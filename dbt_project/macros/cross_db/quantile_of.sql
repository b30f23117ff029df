{#- Aggregate: a quantile of a number, given in percent: the smallest value with at least that share at or below it. -#}
{% macro quantile_of(expression, percent) -%}
    {{ return(adapter.dispatch('quantile_of', 'matchback')(expression, percent)) }}
{%- endmacro %}

{% macro duckdb__quantile_of(expression, percent) -%}
    quantile_disc({{ expression }}, {{ percent }} / 100.0)
{%- endmacro %}

{% macro bigquery__quantile_of(expression, percent) -%}
    array_agg({{ expression }} ignore nulls order by {{ expression }})[safe_offset(cast(greatest(ceil(count({{ expression }}) * {{ percent }} / 100) - 1, 0) as int64))]
{%- endmacro %}
