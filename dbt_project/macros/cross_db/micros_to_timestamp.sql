{#- UTC timestamp of microseconds since the epoch. -#}
{% macro micros_to_timestamp(micros) -%}
    {{ return(adapter.dispatch('micros_to_timestamp', 'matchback')(micros)) }}
{%- endmacro %}

{% macro default__micros_to_timestamp(micros) -%}
    {{ exceptions.raise_compiler_error("micros_to_timestamp: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__micros_to_timestamp(micros) -%}
    make_timestamp({{ micros }})
{%- endmacro %}

{% macro bigquery__micros_to_timestamp(micros) -%}
    timestamp_micros({{ micros }})
{%- endmacro %}
