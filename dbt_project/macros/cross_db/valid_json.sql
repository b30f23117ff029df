{#- A text when it is JSON, else null: what servers answer need not be JSON at all. -#}
{% macro valid_json(text) -%}
    {{ return(adapter.dispatch('valid_json', 'matchback')(text)) }}
{%- endmacro %}

{% macro duckdb__valid_json(text) -%}
    (case when json_valid({{ text }}) then {{ text }} end)
{%- endmacro %}

{% macro bigquery__valid_json(text) -%}
    (case when safe.parse_json({{ text }}, wide_number_mode => 'round') is not null then {{ text }} end)
{%- endmacro %}
