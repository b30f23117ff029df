{#- A double from text; null when it is none or not finite. -#}
{% macro try_double(text) -%}
    {{ return(adapter.dispatch('try_double', 'matchback')(text)) }}
{%- endmacro %}

{% macro duckdb__try_double(text) -%}
    (case when isfinite(try_cast({{ text }} as double)) then try_cast({{ text }} as double) end)
{%- endmacro %}

{% macro bigquery__try_double(text) -%}
    (case when not is_inf(safe_cast({{ text }} as float64)) and not is_nan(safe_cast({{ text }} as float64)) then safe_cast({{ text }} as float64) end)
{%- endmacro %}
