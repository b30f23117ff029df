{#- Exact decimal of two places from a number or its text; null when it is none, not finite or too large. -#}
{% macro money(expression) -%}
    {{ return(adapter.dispatch('money', 'matchback')(expression)) }}
{%- endmacro %}

{% macro duckdb__money(expression) -%}
    try_cast(round(case when isfinite(try_cast({{ expression }} as double)) then try_cast({{ expression }} as double) end, 2) as decimal(18, 2))
{%- endmacro %}

{% macro bigquery__money(expression) -%}
    round(safe_cast(case when is_inf(safe_cast({{ expression }} as float64)) or is_nan(safe_cast({{ expression }} as float64)) then null else {{ expression }} end as numeric), 2)
{%- endmacro %}
