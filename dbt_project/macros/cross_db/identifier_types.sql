{#- The types that a list of identifiers holds, each once. -#}
{% macro identifier_types(identifiers) -%}
    {{ return(adapter.dispatch('identifier_types', 'matchback')(identifiers)) }}
{%- endmacro %}

{% macro default__identifier_types(identifiers) -%}
    {{ exceptions.raise_compiler_error("identifier_types: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__identifier_types(identifiers) -%}
    list_transform(list_filter({{ identifiers }}, lambda identifier: identifier.position = 0), lambda identifier: identifier.type)
{%- endmacro %}

{% macro bigquery__identifier_types(identifiers) -%}
    array(select identifier.type from unnest({{ identifiers }}) as identifier with offset as place where identifier.position = 0 order by place)
{%- endmacro %}
