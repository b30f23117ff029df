{#- The first value that a list of identifiers holds of one of some types; null when it holds none. -#}
{% macro identifier_value(identifiers, types) -%}
    {{ return(adapter.dispatch('identifier_value', 'matchback')(identifiers, types)) }}
{%- endmacro %}

{% macro default__identifier_value(identifiers, types) -%}
    {{ exceptions.raise_compiler_error("identifier_value: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__identifier_value(identifiers, types) -%}
    list_filter({{ identifiers }}, lambda identifier: identifier.type in ('{{ types | join("', '") }}'))[1].value
{%- endmacro %}

{% macro bigquery__identifier_value(identifiers, types) -%}
    array(select identifier.value from unnest({{ identifiers }}) as identifier with offset as place where identifier.type in ('{{ types | join("', '") }}') order by place)[safe_offset(0)]
{%- endmacro %}
