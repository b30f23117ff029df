{#- An empty list of texts. -#}
{% macro empty_text_list() -%}
    {{ return(adapter.dispatch('empty_text_list', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__empty_text_list() -%}
    cast([] as varchar[])
{%- endmacro %}

{% macro bigquery__empty_text_list() -%}
    cast([] as array<string>)
{%- endmacro %}
