{#- UTC timestamp from ISO text with an offset; null when it is none. -#}
{% macro try_timestamp(text) -%}
    {{ return(adapter.dispatch('try_timestamp', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__try_timestamp(text) -%}
    {{ exceptions.raise_compiler_error("try_timestamp: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_timestamp(text) -%}
    (try_cast({{ text }} as timestamptz) at time zone 'UTC')
{%- endmacro %}

{% macro bigquery__try_timestamp(text) -%}
    safe_cast({{ text }} as timestamp)
{%- endmacro %}
