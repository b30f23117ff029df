{#- How a history model replaces some of its rows: config meta.replaced_rows says which, rendered when the model runs. -#}
{% macro history_strategy() -%}
    {{ return(adapter.dispatch('history_strategy', 'matchback')()) }}
{%- endmacro %}

{#- The pre-hook forget_replaced_rows deletes them, in the transaction of the insert. -#}
{% macro duckdb__history_strategy() -%}
    {{ return('append') }}
{%- endmacro %}

{#- One statement deletes them and inserts; see bigquery__get_insert_overwrite_merge_sql. -#}
{% macro bigquery__history_strategy() -%}
    {{ return('insert_overwrite') }}
{%- endmacro %}
