{#- A setting of this run. The flow hands all of them over as dbt vars; by themselves those of the project hold. -#}
{% macro setting(name, default=none) -%}
    {{ return(var(name, default)) }}
{%- endmacro %}
