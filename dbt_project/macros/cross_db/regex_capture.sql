{#- The first group of a pattern, null without a match; RE2 syntax on both engines. -#}
{% macro regex_capture(text, pattern) -%}
    {{ return(adapter.dispatch('regex_capture', 'matchback')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__regex_capture(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro bigquery__regex_capture(text, pattern) -%}
    nullif(regexp_extract({{ text }}, r'{{ pattern }}'), '')
{%- endmacro %}
