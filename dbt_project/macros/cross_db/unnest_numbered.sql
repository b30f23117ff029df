{#- Like unnest_as, with the 1-based position of each element. -#}
{% macro unnest_numbered(list, name, position) -%}
    {{ return(adapter.dispatch('unnest_numbered', 'matchback')(list, name, position)) }}
{%- endmacro %}

{% macro default__unnest_numbered(list, name, position) -%}
    {{ exceptions.raise_compiler_error("unnest_numbered: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_numbered(list, name, position) -%}
    unnest({{ list }}) with ordinality as {{ name }}_rows({{ name }}, {{ position }})
{%- endmacro %}

{% macro bigquery__unnest_numbered(list, name, position) -%}
    (select {{ name }}, {{ name }}_offset + 1 as {{ position }} from unnest({{ list }}) as {{ name }} with offset as {{ name }}_offset)
{%- endmacro %}
