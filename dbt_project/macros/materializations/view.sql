{#- One atomic statement, as for tables. -#}
{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {%- do drop_other_type(target) -%}
    {% call statement('main', auto_begin=False) -%}
        create or replace view {{ target }} as (
            {{ compiled_code }}
        )
    {%- endcall %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
