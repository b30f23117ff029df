{#- A timestamp moved by whole seconds. -#}
{% macro add_seconds(moment, seconds) -%}
    {{ return(adapter.dispatch('add_seconds', 'matchback')(moment, seconds)) }}
{%- endmacro %}

{% macro duckdb__add_seconds(moment, seconds) -%}
    ({{ moment }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro bigquery__add_seconds(moment, seconds) -%}
    timestamp_add({{ moment }}, interval {{ seconds }} second)
{%- endmacro %}
