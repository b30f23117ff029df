{#- The check families: each brings int_findings__<family> and int_measures__<family>. -#}
{% macro check_families() -%}
    {{ return(['reconciliation', 'delivery', 'identity', 'hash', 'pii', 'consent', 'retention', 'schema', 'freshness']) }}
{%- endmacro %}
