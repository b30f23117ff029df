{#- One atomic statement: a rename dance around each of a hundred small tables costs more than they do. -#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- do drop_other_type(target) -%}
    {% call statement('main', auto_begin=False) -%}
        create or replace table {{ target }} as (
            {{ compiled_code }}
        )
    {%- endcall %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
