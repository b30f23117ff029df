{#- The key paths outside of any object that are not among the known keys. -#}
{% macro unknown_keys(paths, objects, known) -%}
    {{ return(adapter.dispatch('unknown_keys', 'matchback')(paths, objects, known)) }}
{%- endmacro %}

{% macro default__unknown_keys(paths, objects, known) -%}
    {{ exceptions.raise_compiler_error("unknown_keys: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unknown_keys(paths, objects, known) -%}
    list_filter({{ paths }}, lambda path: path not in ('{{ known | join("', '") }}') and not regexp_matches(path, '^({{ objects | join("|") }})[.]'))
{%- endmacro %}

{% macro bigquery__unknown_keys(paths, objects, known) -%}
    array(
        select path
        from unnest({{ paths }}) as path with offset as place
        where path not in ('{{ known | join("', '") }}') and not regexp_contains(path, r'^({{ objects | join("|") }})[.]')
        order by place
    )
{%- endmacro %}
