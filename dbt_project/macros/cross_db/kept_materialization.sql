{#- How a model is stored that keeps the rows of unchanged dates, where keeping them is cheaper than making them. -#}
{% macro kept_materialization() -%}
    {{ return(adapter.dispatch('kept_materialization', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__kept_materialization() -%}
    {{ return('incremental') }}
{%- endmacro %}

{#- The window is read anew: a handful of dates, and no merge to pay for. -#}
{% macro bigquery__kept_materialization() -%}
    {{ return('table') }}
{%- endmacro %}
