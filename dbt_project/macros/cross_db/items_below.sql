{#- The key paths of a list that lie inside an object. -#}
{% macro items_below(paths, object) -%}
    {{ return(adapter.dispatch('items_below', 'matchback')(paths, object)) }}
{%- endmacro %}

{% macro default__items_below(paths, object) -%}
    {{ exceptions.raise_compiler_error("items_below: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__items_below(paths, object) -%}
    list_filter({{ paths }}, lambda path: starts_with(path, '{{ object }}.'))
{%- endmacro %}

{% macro bigquery__items_below(paths, object) -%}
    array(select path from unnest({{ paths }}) as path with offset as place where starts_with(path, '{{ object }}.') order by place)
{%- endmacro %}
