{#- A list of texts as one text. -#}
{% macro joined(items, separator) -%}
    array_to_string({{ items }}, '{{ separator }}')
{%- endmacro %}
