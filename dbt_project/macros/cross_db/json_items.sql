{#- The elements of a JSON array, as a list of JSON texts; empty when absent. -#}
{% macro json_items(json, path) -%}
    {{ return(adapter.dispatch('json_items', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro default__json_items(json, path) -%}
    {{ exceptions.raise_compiler_error("json_items: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_items(json, path) -%}
    cast(json_extract({{ json }}, '{{ path }}[*]') as varchar[])
{%- endmacro %}

{% macro bigquery__json_items(json, path) -%}
    json_query_array({{ json }}, '{{ path }}')
{%- endmacro %}
