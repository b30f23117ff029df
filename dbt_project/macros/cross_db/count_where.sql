{#- Aggregate: number of rows for which a condition holds, as a whole number. -#}
{% macro count_where(condition) -%}
    {{ return(adapter.dispatch('count_where', 'matchback')(condition)) }}
{%- endmacro %}

{% macro duckdb__count_where(condition) -%}
    cast(count(*) filter (where {{ condition }}) as bigint)
{%- endmacro %}

{% macro bigquery__count_where(condition) -%}
    countif({{ condition }})
{%- endmacro %}
