{#- The incremental strategy that only adds rows; what a run replaces, a pre-hook deletes first. -#}
{% macro append_strategy() -%}
    {{ return(adapter.dispatch('append_strategy', 'matchback')()) }}
{%- endmacro %}

{% macro default__append_strategy() -%}
    {{ exceptions.raise_compiler_error("append_strategy: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__append_strategy() -%}
    {{ return('append') }}
{%- endmacro %}

{#- A merge without a unique key inserts every row. -#}
{% macro bigquery__append_strategy() -%}
    {{ return('merge') }}
{%- endmacro %}
