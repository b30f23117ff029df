{#- Aggregate: the median of a number. -#}
{% macro median_of(expression) -%}
    {{ return(adapter.dispatch('median_of', 'matchback')(expression)) }}
{%- endmacro %}

{% macro default__median_of(expression) -%}
    {{ exceptions.raise_compiler_error("median_of: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__median_of(expression) -%}
    median({{ expression }})
{%- endmacro %}

{% macro bigquery__median_of(expression) -%}
    approx_quantiles({{ expression }}, 100)[offset(50)]
{%- endmacro %}
