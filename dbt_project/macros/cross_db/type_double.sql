{#- The double type. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'matchback')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    {{ exceptions.raise_compiler_error("type_double: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__type_double() -%}
    double
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}
