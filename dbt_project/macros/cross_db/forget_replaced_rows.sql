{#- Pre-hook of a history model: delete the rows that this run writes again, where no merge does. -#}
{% macro forget_replaced_rows() -%}
    {{ return(adapter.dispatch('forget_replaced_rows', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__forget_replaced_rows() -%}
    {% if is_incremental() %}delete from {{ this }} where {{ render(config.get('meta')['replaced_rows']) }}{% endif %}
{%- endmacro %}

{% macro bigquery__forget_replaced_rows() -%}
{%- endmacro %}
