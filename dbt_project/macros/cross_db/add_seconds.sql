{#- A timestamp moved by whole seconds. -#}
{% macro add_seconds(moment, seconds) -%}
    {{ return(adapter.dispatch('add_seconds', 'matchback')(moment, seconds)) }}
{%- endmacro %}

{% macro default__add_seconds(moment, seconds) -%}
    {{ exceptions.raise_compiler_error("add_seconds: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__add_seconds(moment, seconds) -%}
    ({{ moment }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro bigquery__add_seconds(moment, seconds) -%}
    timestamp_add({{ moment }}, interval {{ seconds }} second)
{%- endmacro %}
