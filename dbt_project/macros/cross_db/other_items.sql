{#- The elements of a list of texts that are not among the excluded ones, each once, sorted. -#}
{% macro other_items(items, excluded) -%}
    {{ return(adapter.dispatch('other_items', 'matchback')(items, excluded)) }}
{%- endmacro %}

{% macro duckdb__other_items(items, excluded) -%}
    list_sort(list_distinct(list_filter({{ items }}, lambda item: item not in ('{{ excluded | join("', '") }}'))))
{%- endmacro %}

{% macro bigquery__other_items(items, excluded) -%}
    array(select distinct item from unnest({{ items }}) as item where item not in ('{{ excluded | join("', '") }}') order by item)
{%- endmacro %}
