{#- An amount of money as text, always with two places. -#}
{% macro money_text(expression) -%}
    {{ return(adapter.dispatch('money_text', 'matchback')(expression)) }}
{%- endmacro %}

{% macro duckdb__money_text(expression) -%}
    cast({{ expression }} as varchar)
{%- endmacro %}

{% macro bigquery__money_text(expression) -%}
    format('%.2f', {{ expression }})
{%- endmacro %}
