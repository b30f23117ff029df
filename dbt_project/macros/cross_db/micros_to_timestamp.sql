{#- UTC timestamp of microseconds since the epoch; null outside the years 1 to 9999. -#}
{% macro micros_to_timestamp(micros) -%}
    {{ return(adapter.dispatch('micros_to_timestamp', 'matchback')(micros)) }}
{%- endmacro %}

{% macro duckdb__micros_to_timestamp(micros) -%}
    make_timestamp(case when {{ micros }} between -62135596800000000 and 253402300799000000 then {{ micros }} end)
{%- endmacro %}

{% macro bigquery__micros_to_timestamp(micros) -%}
    timestamp_micros(case when {{ micros }} between -62135596800000000 and 253402300799000000 then {{ micros }} end)
{%- endmacro %}
