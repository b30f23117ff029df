{#- A list of texts in which what says nothing is null: blanks, the words that stand for none, and JSON lists and objects of nothing. -#}
{% macro given_texts(texts, words) -%}
    {{ return(adapter.dispatch('given_texts', 'matchback')(texts, words)) }}
{%- endmacro %}

{% macro default__given_texts(texts, words) -%}
    {{ exceptions.raise_compiler_error("given_texts: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__given_texts(texts, words) -%}
    list_transform({{ texts }}, lambda sent: case when {{ is_given('sent', words) }} then sent end)
{%- endmacro %}

{% macro bigquery__given_texts(texts, words) -%}
    array(
        select case when {{ is_given('sent', words) }} then sent end
        from unnest({{ texts }}) as sent with offset as place
        order by place
    )
{%- endmacro %}
