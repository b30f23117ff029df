{#- The names of key paths without the object they stand in, each once, sorted; objects themselves and empty names left out. -#}
{% macro last_names(paths, objects) -%}
    {{ return(adapter.dispatch('last_names', 'matchback')(paths, objects)) }}
{%- endmacro %}

{% macro default__last_names(paths, objects) -%}
    {{ exceptions.raise_compiler_error("last_names: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__last_names(paths, objects) -%}
    list_sort(list_distinct(list_filter(
        list_transform({{ paths }}, lambda path: regexp_replace(path, '^({{ objects | join("|") }})[.]', '')),
        lambda name: name not in ('', '{{ objects | join("', '") }}')
    )))
{%- endmacro %}

{% macro bigquery__last_names(paths, objects) -%}
    array(
        select distinct regexp_replace(path, r'^({{ objects | join("|") }})[.]', '') as name
        from unnest({{ paths }}) as path
        where regexp_replace(path, r'^({{ objects | join("|") }})[.]', '') not in ('', '{{ objects | join("', '") }}')
        order by name
    )
{%- endmacro %}
