{#- A text as the list of its parts between a separator. -#}
{% macro split_text(text, separator) -%}
    {{ return(adapter.dispatch('split_text', 'matchback')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__split_text(text, separator) -%}
    string_split({{ text }}, '{{ separator }}')
{%- endmacro %}

{% macro bigquery__split_text(text, separator) -%}
    split({{ text }}, '{{ separator }}')
{%- endmacro %}
