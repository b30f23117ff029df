{#- A list literal of text expressions. -#}
{% macro text_list(items) -%}
    [{{ items | join(', ') }}]
{%- endmacro %}
