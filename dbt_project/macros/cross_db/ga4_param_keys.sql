{#- The keys of a GA4 parameter list, computed once per row so that each look-up is an index. -#}
{% macro ga4_param_keys(params='event_params') -%}
    {{ return(adapter.dispatch('ga4_param_keys', 'matchback')(params)) }}
{%- endmacro %}

{% macro duckdb__ga4_param_keys(params='event_params') -%}
    list_transform({{ params }}, lambda param: param.key)
{%- endmacro %}

{% macro bigquery__ga4_param_keys(params='event_params') -%}
    cast(null as array<string>)
{%- endmacro %}
