{#- Whether a field of any struct in a list holds a value; null-safe. -#}
{% macro any_element(items, field) -%}
    {{ return(adapter.dispatch('any_element', 'matchback')(items, field)) }}
{%- endmacro %}

{#- A list of answers, not of the elements: these are wide. -#}
{% macro duckdb__any_element(items, field) -%}
    coalesce(list_contains(list_transform({{ items }}, lambda element: element.{{ field }} is not null and cast(element.{{ field }} as varchar) not in ('', '(not set)')), true), false)
{%- endmacro %}

{% macro bigquery__any_element(items, field) -%}
    exists(select 1 from unnest({{ items }}) as element where element.{{ field }} is not null and cast(element.{{ field }} as string) not in ('', '(not set)'))
{%- endmacro %}
