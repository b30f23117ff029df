{#- Like unnest_as, with the 0-based position of each element. -#}
{% macro unnest_numbered(list, name, position) -%}
    {{ return(adapter.dispatch('unnest_numbered', 'matchback')(list, name, position)) }}
{%- endmacro %}

{% macro duckdb__unnest_numbered(list, name, position) -%}
    (select unnest({{ list }}) as {{ name }}, generate_subscripts({{ list }}, 1) - 1 as {{ position }})
{%- endmacro %}

{% macro bigquery__unnest_numbered(list, name, position) -%}
    unnest({{ list }}) as {{ name }} with offset as {{ position }}
{%- endmacro %}
