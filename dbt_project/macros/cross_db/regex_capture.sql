{#- The first group of a pattern, null without a match; RE2 syntax on both engines. -#}
{% macro regex_capture(text, pattern) -%}
    {{ return(adapter.dispatch('regex_capture', 'matchback')(text, pattern)) }}
{%- endmacro %}

{% macro default__regex_capture(text, pattern) -%}
    {{ exceptions.raise_compiler_error("regex_capture: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__regex_capture(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro bigquery__regex_capture(text, pattern) -%}
    nullif(regexp_extract({{ text }}, r'{{ pattern }}'), '')
{%- endmacro %}
