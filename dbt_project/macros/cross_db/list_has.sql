{#- Whether a list holds an element; false when either is null. -#}
{% macro list_has(items, item) -%}
    {{ return(adapter.dispatch('list_has', 'matchback')(items, item)) }}
{%- endmacro %}

{% macro default__list_has(items, item) -%}
    {{ exceptions.raise_compiler_error("list_has: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__list_has(items, item) -%}
    coalesce(list_contains({{ items }}, {{ item }}), false)
{%- endmacro %}

{% macro bigquery__list_has(items, item) -%}
    coalesce({{ item }} in unnest({{ items }}), false)
{%- endmacro %}
