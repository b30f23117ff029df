{#- A scalar inside JSON text, as text; null when absent or JSON null. -#}
{% macro json_text(json, path) -%}
    {{ return(adapter.dispatch('json_text', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, path) -%}
    json_extract_string({{ json }}, '{{ path }}')
{%- endmacro %}

{% macro bigquery__json_text(json, path) -%}
    json_value({{ json }}, '{{ path }}')
{%- endmacro %}
