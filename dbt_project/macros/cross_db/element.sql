{#- The n-th element of a list, 1-based; null beyond its end. -#}
{% macro element(items, position) -%}
    {{ return(adapter.dispatch('element', 'matchback')(items, position)) }}
{%- endmacro %}

{% macro duckdb__element(items, position) -%}
    {{ items }}[{{ position }}]
{%- endmacro %}

{% macro bigquery__element(items, position) -%}
    {{ items }}[safe_ordinal({{ position }})]
{%- endmacro %}
