{#- UTC timestamp of (fractional) seconds since the epoch. -#}
{% macro seconds_to_timestamp(seconds) -%}
    {{ return(adapter.dispatch('seconds_to_timestamp', 'matchback')(seconds)) }}
{%- endmacro %}

{% macro default__seconds_to_timestamp(seconds) -%}
    {{ exceptions.raise_compiler_error("seconds_to_timestamp: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__seconds_to_timestamp(seconds) -%}
    make_timestamp(cast(round({{ seconds }} * 1000000) as bigint))
{%- endmacro %}

{% macro bigquery__seconds_to_timestamp(seconds) -%}
    timestamp_micros(cast(round({{ seconds }} * 1000000) as int64))
{%- endmacro %}
