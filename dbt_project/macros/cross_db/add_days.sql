{#- A date moved by whole days. -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'matchback')(day, days)) }}
{%- endmacro %}

{% macro duckdb__add_days(day, days) -%}
    cast({{ day }} + ({{ days }}) as date)
{%- endmacro %}

{% macro bigquery__add_days(day, days) -%}
    date_add({{ day }}, interval {{ days }} day)
{%- endmacro %}
