{#- How a model is stored that keeps the rows of unchanged dates, where keeping them is cheaper than making them. -#}
{% macro days_materialization() -%}
    {{ return(adapter.dispatch('days_materialization', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__days_materialization() -%}
    {{ return('incremental') }}
{%- endmacro %}

{#- The window is read anew: a handful of dates, and no merge to pay for. -#}
{% macro bigquery__days_materialization() -%}
    {{ return('table') }}
{%- endmacro %}
