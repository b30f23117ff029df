{#- Schemas are named once in dbt_project.yml; on BigQuery they are datasets and carry the configured prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('MATCHBACK_DATASET_PREFIX', '') ~ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
