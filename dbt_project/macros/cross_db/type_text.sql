{#- The text type. -#}
{% macro type_text() -%}
    {{ dbt.type_string() }}
{%- endmacro %}
