{#- Whether every element of a list of texts is among the allowed ones; true when it is empty. -#}
{% macro within_items(items, allowed) -%}
    {{ return(adapter.dispatch('within_items', 'matchback')(items, allowed)) }}
{%- endmacro %}

{% macro duckdb__within_items(items, allowed) -%}
    len(list_filter({{ items }}, lambda item: item not in ('{{ allowed | join("', '") }}'))) = 0
{%- endmacro %}

{% macro bigquery__within_items(items, allowed) -%}
    not exists (select 1 from unnest({{ items }}) as item where item not in ('{{ allowed | join("', '") }}'))
{%- endmacro %}
