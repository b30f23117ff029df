{#- UTC timestamp at which a date begins in the property's time zone. -#}
{% macro local_midnight(day, zone=setting('timezone')) -%}
    {{ return(adapter.dispatch('local_midnight', 'matchback')(day, zone)) }}
{%- endmacro %}

{% macro duckdb__local_midnight(day, zone=setting('timezone')) -%}
    cast(((cast({{ day }} as timestamp) at time zone '{{ zone }}') at time zone 'UTC') as timestamp)
{%- endmacro %}

{% macro bigquery__local_midnight(day, zone=setting('timezone')) -%}
    timestamp({{ day }}, '{{ zone }}')
{%- endmacro %}
