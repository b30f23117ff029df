{#- One GA4 event parameter as text, whichever typed slot holds it; null when absent. Whole doubles read like integers. -#}
{% macro ga4_param(key, params='event_params', keys='param_keys') -%}
    {{ return(adapter.dispatch('ga4_param', 'matchback')(key, params, keys)) }}
{%- endmacro %}

{% macro duckdb__ga4_param(key, params, keys) -%}
    {{ ga4_slot_text(params ~ "[nullif(list_position(" ~ keys ~ ", " ~ quoted(key) ~ "), 0)].value") }}
{%- endmacro %}

{% macro bigquery__ga4_param(key, params, keys) -%}
    (
        select {{ ga4_slot_text('param.value') }}
        from unnest({{ params }}) as param
        where param.key = {{ quoted(key) }}
        limit 1
    )
{%- endmacro %}
