{#- A part of JSON text, as JSON text; null when absent. -#}
{% macro json_part(json, path) -%}
    {{ return(adapter.dispatch('json_part', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_part(json, path) -%}
    cast(json_extract({{ json }}, '{{ path }}') as varchar)
{%- endmacro %}

{% macro bigquery__json_part(json, path) -%}
    json_query({{ json }}, '{{ path }}')
{%- endmacro %}
