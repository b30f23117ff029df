{#- A text from the configuration as a SQL literal, quotes escaped for the engine. -#}
{% macro quoted(text) -%}
    '{{ dbt.escape_single_quotes(text | string) }}'
{%- endmacro %}
