{#- Percent-decoded text. -#}
{% macro url_decoded(text) -%}
    {{ return(adapter.dispatch('url_decoded', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__url_decoded(text) -%}
    {{ exceptions.raise_compiler_error("url_decoded: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__url_decoded(text) -%}
    url_decode({{ text }})
{%- endmacro %}

{% macro bigquery__url_decoded(text) -%}
    (select string_agg(if(regexp_contains(part, r'^%[0-9A-Fa-f]{2}'), safe_convert_bytes_to_string(from_hex(replace(part, '%', ''))), part), '' order by position) from unnest(regexp_extract_all({{ text }}, r'(?:%[0-9A-Fa-f]{2})+|[^%]+|%')) as part with offset as position)
{%- endmacro %}
