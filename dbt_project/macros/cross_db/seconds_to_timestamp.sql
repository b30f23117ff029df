{#- UTC timestamp of (fractional) seconds since the epoch; null outside the years 1 to 9999. -#}
{% macro seconds_to_timestamp(seconds) -%}
    {{ return(adapter.dispatch('seconds_to_timestamp', 'matchback')(seconds)) }}
{%- endmacro %}

{% macro duckdb__seconds_to_timestamp(seconds) -%}
    make_timestamp(cast(round((case when {{ seconds }} between -62135596800 and 253402300799 then {{ seconds }} end) * 1000000) as bigint))
{%- endmacro %}

{% macro bigquery__seconds_to_timestamp(seconds) -%}
    timestamp_micros(cast(round((case when {{ seconds }} between -62135596800 and 253402300799 then {{ seconds }} end) * 1000000) as int64))
{%- endmacro %}
