{#- `create or replace` keeps to its kind: a view must go before a table takes its name. -#}
{% macro drop_other_type(target) %}
    {%- set existing = load_cached_relation(target) -%}
    {%- if existing is not none and existing.type != target.type -%}
        {{ drop_relation_if_exists(existing) }}
    {%- endif -%}
{% endmacro %}
