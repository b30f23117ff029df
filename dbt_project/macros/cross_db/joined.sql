{#- A list of texts as one text. -#}
{% macro joined(items, separator) -%}
    {{ return(adapter.dispatch('joined', 'matchback')(items, separator)) }}
{%- endmacro %}

{% macro default__joined(items, separator) -%}
    {{ exceptions.raise_compiler_error("joined: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__joined(items, separator) -%}
    array_to_string({{ items }}, '{{ separator }}')
{%- endmacro %}

{% macro bigquery__joined(items, separator) -%}
    array_to_string({{ items }}, '{{ separator }}')
{%- endmacro %}
