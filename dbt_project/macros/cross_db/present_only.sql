{#- A list of texts without its nulls. -#}
{% macro present_only(items) -%}
    {{ return(adapter.dispatch('present_only', 'matchback')(items)) }}
{%- endmacro %}

{% macro duckdb__present_only(items) -%}
    list_filter({{ items }}, lambda item: item is not null)
{%- endmacro %}

{% macro bigquery__present_only(items) -%}
    array(select item from unnest({{ items }}) as item with offset as position where item is not null order by position)
{%- endmacro %}
