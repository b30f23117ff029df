{#- Aggregate: a quantile of a number, given in percent; BigQuery's is approximate. -#}
{% macro quantile_of(expression, percent) -%}
    {{ return(adapter.dispatch('quantile_of', 'matchback')(expression, percent)) }}
{%- endmacro %}

{% macro default__quantile_of(expression, percent) -%}
    {{ exceptions.raise_compiler_error("quantile_of: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__quantile_of(expression, percent) -%}
    quantile_disc({{ expression }}, {{ percent }} / 100.0)
{%- endmacro %}

{% macro bigquery__quantile_of(expression, percent) -%}
    approx_quantiles({{ expression }}, 100)[offset({{ percent }})]
{%- endmacro %}
