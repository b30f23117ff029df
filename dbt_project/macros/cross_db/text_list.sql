{#- A list literal of text expressions. -#}
{% macro text_list(items) -%}
    {{ return(adapter.dispatch('text_list', 'matchback')(items)) }}
{%- endmacro %}

{% macro default__text_list(items) -%}
    {{ exceptions.raise_compiler_error("text_list: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__text_list(items) -%}
    [{{ items | join(', ') }}]
{%- endmacro %}

{% macro bigquery__text_list(items) -%}
    [{{ items | join(', ') }}]
{%- endmacro %}
