{#- The keys of the objects at some paths inside JSON text, one list; a path that names no object adds none. -#}
{% macro json_keys_at(json, paths) -%}
    {{ return(adapter.dispatch('json_keys_at', 'matchback')(json, paths)) }}
{%- endmacro %}

{#- All paths in one call: the text is parsed once. -#}
{% macro duckdb__json_keys_at(json, paths) -%}
    flatten(json_keys({{ json }}, ['{{ paths | join("', '") }}']))
{%- endmacro %}

{% macro bigquery__json_keys_at(json, paths) -%}
    array_concat(
        {%- for path in paths -%}
            coalesce({{ json_key_list(json_part(json, path)) }}, []){{ ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
