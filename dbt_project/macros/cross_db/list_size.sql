{#- Number of elements of a list; 0 when null. -#}
{% macro list_size(items) -%}
    {{ return(adapter.dispatch('list_size', 'matchback')(items)) }}
{%- endmacro %}

{% macro duckdb__list_size(items) -%}
    coalesce(len({{ items }}), 0)
{%- endmacro %}

{% macro bigquery__list_size(items) -%}
    coalesce(array_length({{ items }}), 0)
{%- endmacro %}
