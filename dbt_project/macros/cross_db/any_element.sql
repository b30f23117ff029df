{#- Whether a field of any struct in a list holds a value; null-safe. -#}
{% macro any_element(items, field) -%}
    {{ return(adapter.dispatch('any_element', 'matchback')(items, field)) }}
{%- endmacro %}

{% macro default__any_element(items, field) -%}
    {{ exceptions.raise_compiler_error("any_element: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__any_element(items, field) -%}
    coalesce(len(list_filter({{ items }}, lambda element: element.{{ field }} is not null and cast(element.{{ field }} as varchar) not in ('', '(not set)'))) > 0, false)
{%- endmacro %}

{% macro bigquery__any_element(items, field) -%}
    exists(select 1 from unnest({{ items }}) as element where element.{{ field }} is not null and cast(element.{{ field }} as string) not in ('', '(not set)'))
{%- endmacro %}
