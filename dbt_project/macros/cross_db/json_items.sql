{#- The elements of a JSON array, as a list of JSON texts; empty when absent. -#}
{% macro json_items(json, path) -%}
    {{ return(adapter.dispatch('json_items', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_items(json, path) -%}
    cast(json_extract({{ json }}, '{{ path }}[*]') as varchar[])
{%- endmacro %}

{% macro bigquery__json_items(json, path) -%}
    json_query_array({{ json }}, '{{ path }}')
{%- endmacro %}
