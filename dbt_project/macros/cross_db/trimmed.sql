{#- A text without the white space around it, of every kind: no-break, narrow, ideographic and zero-width spaces too. -#}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__trimmed(text) -%}
    {{ exceptions.raise_compiler_error("trimmed: not written for " ~ target.type) }}
{%- endmacro %}

{#- DuckDB's literals know no \u: the bytes of UTF-8. -#}
{% macro duckdb__trimmed(text) -%}
    trim({{ text }}, e' \t\n\r\x0b\x0c\xc2\x85\xc2\xa0\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x81\xe2\x80\x82\xe2\x80\x83\xe2\x80\x84\xe2\x80\x85\xe2\x80\x86\xe2\x80\x87\xe2\x80\x88\xe2\x80\x89\xe2\x80\x8a\xe2\x80\x8b\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xa0\xe3\x80\x80\xef\xbb\xbf')
{%- endmacro %}

{% macro bigquery__trimmed(text) -%}
    trim({{ text }}, ' \t\n\r\u000b\u000c\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff')
{%- endmacro %}
