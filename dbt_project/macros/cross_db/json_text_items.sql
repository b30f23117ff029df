{#- The scalars of a JSON array, as a list of texts; empty when absent. -#}
{% macro json_text_items(json, path) -%}
    {{ return(adapter.dispatch('json_text_items', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_text_items(json, path) -%}
    json_extract_string({{ json }}, '{{ path }}[*]')
{%- endmacro %}

{% macro bigquery__json_text_items(json, path) -%}
    json_value_array({{ json }}, '{{ path }}')
{%- endmacro %}
