{#- The partitions that dbt asks a history model for; which they are is known only when it runs. -#}
{% macro replaced_partitions() -%}
    {{ return(adapter.dispatch('replaced_partitions', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__replaced_partitions() -%}
    {{ return(none) }}
{%- endmacro %}

{% macro bigquery__replaced_partitions() -%}
    {{ return(['told by meta.replaced_rows']) }}
{%- endmacro %}

{#- dbt fixes a model's partitions when it parses; ours follow the window. The condition is on the partition column alone, so that BigQuery prunes by it. -#}
{% macro bigquery__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
    {% set replaced = render(config.get('meta')['replaced_rows']) %}
    {{ default__get_insert_overwrite_merge_sql(target, source, dest_columns, [replaced], include_sql_header) }}
{%- endmacro %}
