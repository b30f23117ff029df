{#- Whole days from the first date to the second. -#}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'matchback')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    {{ exceptions.raise_compiler_error("days_between: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro bigquery__days_between(earlier, later) -%}
    date_diff({{ later }}, {{ earlier }}, day)
{%- endmacro %}
