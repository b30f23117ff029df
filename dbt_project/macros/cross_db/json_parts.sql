{#- Several parts of JSON text as a list of JSON texts, in the order of the paths; read in one pass where the engine can. -#}
{% macro json_parts(json, paths) -%}
    {{ return(adapter.dispatch('json_parts', 'matchback')(json, paths)) }}
{%- endmacro %}

{% macro duckdb__json_parts(json, paths) -%}
    cast(json_extract({{ json }}, ['{{ paths | join("', '") }}']) as varchar[])
{%- endmacro %}

{% macro bigquery__json_parts(json, paths) -%}
    [
        {%- for path in paths %}
        coalesce(json_query({{ json }}, '{{ path }}'), 'null'){{ "," if not loop.last }}
        {%- endfor %}
    ]
{%- endmacro %}
