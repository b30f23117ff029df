{#- Aggregate: the median of a number. -#}
{% macro median_of(expression) -%}
    {{ return(adapter.dispatch('median_of', 'matchback')(expression)) }}
{%- endmacro %}

{% macro duckdb__median_of(expression) -%}
    median({{ expression }})
{%- endmacro %}

{#- Exact, unlike approx_quantiles: both engines must publish the same band. -#}
{% macro bigquery__median_of(expression) -%}
    ((
        array_agg({{ expression }} ignore nulls order by {{ expression }})[safe_offset(div(count({{ expression }}) - 1, 2))]
        + array_agg({{ expression }} ignore nulls order by {{ expression }})[safe_offset(div(count({{ expression }}), 2))]
    ) / 2)
{%- endmacro %}
