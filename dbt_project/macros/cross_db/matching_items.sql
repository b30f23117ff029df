{#- The elements of a list of texts that are among the allowed ones. -#}
{% macro matching_items(items, allowed) -%}
    {{ return(adapter.dispatch('matching_items', 'matchback')(items, allowed)) }}
{%- endmacro %}

{% macro duckdb__matching_items(items, allowed) -%}
    list_filter({{ items }}, lambda item: item in ('{{ allowed | join("', '") }}'))
{%- endmacro %}

{% macro bigquery__matching_items(items, allowed) -%}
    array(select item from unnest({{ items }}) as item where item in ('{{ allowed | join("', '") }}'))
{%- endmacro %}
