{#- The top-level keys of a JSON object; null when it is none. -#}
{% macro json_key_list(json) -%}
    {{ return(adapter.dispatch('json_key_list', 'matchback')(json)) }}
{%- endmacro %}

{% macro duckdb__json_key_list(json) -%}
    case when json_type({{ json }}) = 'OBJECT' then json_keys({{ json }}) end
{%- endmacro %}

{% macro bigquery__json_key_list(json) -%}
    case when json_type(safe.parse_json({{ json }}, wide_number_mode => 'round')) = 'object' then json_keys(safe.parse_json({{ json }}, wide_number_mode => 'round'), 1) end
{%- endmacro %}
