{#- Date of a UTC timestamp in the property's time zone. -#}
{% macro local_date(moment, zone=setting('timezone')) -%}
    {{ return(adapter.dispatch('local_date', 'matchback')(moment, zone)) }}
{%- endmacro %}

{% macro duckdb__local_date(moment, zone=setting('timezone')) -%}
    cast((({{ moment }} at time zone 'UTC') at time zone '{{ zone }}') as date)
{%- endmacro %}

{% macro bigquery__local_date(moment, zone=setting('timezone')) -%}
    date({{ moment }}, '{{ zone }}')
{%- endmacro %}
