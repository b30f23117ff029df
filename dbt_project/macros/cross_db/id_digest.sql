{#- The first 32 bits of the SHA-256 of an id as a number: what a lookup reads instead of the long text. -#}
{% macro id_digest(text) -%}
    {{ return(adapter.dispatch('id_digest', 'matchback')(text)) }}
{%- endmacro %}

{% macro duckdb__id_digest(text) -%}
    cast('0x' || substr(sha256({{ text }}), 1, 8) as bigint)
{%- endmacro %}

{% macro bigquery__id_digest(text) -%}
    cast('0x' || substr(to_hex(sha256({{ text }})), 1, 8) as int64)
{%- endmacro %}
