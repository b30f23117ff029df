{#- Several scalars of one JSON text as a list of texts, parsed once; read them with element(). -#}
{% macro json_fields(json, paths) -%}
    {{ return(adapter.dispatch('json_fields', 'matchback')(json, paths)) }}
{%- endmacro %}

{% macro duckdb__json_fields(json, paths) -%}
    json_extract_string({{ json }}, ['{{ paths | join("', '") }}'])
{%- endmacro %}

{% macro bigquery__json_fields(json, paths) -%}
    [
    {%- for path in paths %}
        json_value({{ json }}, '{{ path }}'){{ ',' if not loop.last }}
    {%- endfor %}
    ]
{%- endmacro %}
