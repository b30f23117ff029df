{#- Aggregate: roughly how many different values a group holds. -#}
{% macro approx_distinct(expression) -%}
    {{ return(adapter.dispatch('approx_distinct', 'matchback')(expression)) }}
{%- endmacro %}

{% macro default__approx_distinct(expression) -%}
    {{ exceptions.raise_compiler_error("approx_distinct: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__approx_distinct(expression) -%}
    cast(approx_count_distinct({{ expression }}) as bigint)
{%- endmacro %}

{% macro bigquery__approx_distinct(expression) -%}
    approx_count_distinct({{ expression }})
{%- endmacro %}
