{#- Whether a list of GA4 parameters holds one of the keys of a list. -#}
{% macro has_any_key(params, keys) -%}
    {{ return(adapter.dispatch('has_any_key', 'matchback')(params, keys)) }}
{%- endmacro %}

{% macro duckdb__has_any_key(params, keys) -%}
    coalesce(list_has_any(list_transform({{ params }}, lambda param: param.key), {{ keys }}), false)
{%- endmacro %}

{% macro bigquery__has_any_key(params, keys) -%}
    exists(select 1 from unnest({{ params }}) as param where param.key in unnest({{ keys }}))
{%- endmacro %}
