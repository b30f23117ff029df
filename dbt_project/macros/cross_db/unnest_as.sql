{#- The elements of a list as rows of a relation 'name' with one column of that name; use after cross join. -#}
{% macro unnest_as(list, name) -%}
    {{ return(adapter.dispatch('unnest_as', 'matchback')(list, name)) }}
{%- endmacro %}

{% macro duckdb__unnest_as(list, name) -%}
    unnest({{ list }}) as {{ name }}_rows({{ name }})
{%- endmacro %}

{% macro bigquery__unnest_as(list, name) -%}
    unnest({{ list }}) as {{ name }}
{%- endmacro %}
