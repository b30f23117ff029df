{#- The dates of the run's window, moved by whole days. -#}
{% macro window_start(days=0) -%}
    cast('{{ (modules.datetime.date.fromisoformat(setting("start_date")) + modules.datetime.timedelta(days=days)).isoformat() }}' as date)
{%- endmacro %}

{% macro window_end(days=0) -%}
    cast('{{ (modules.datetime.date.fromisoformat(setting("end_date")) + modules.datetime.timedelta(days=days)).isoformat() }}' as date)
{%- endmacro %}

{#- UTC timestamps that surely enclose the window and the 48 hours around it, in any time zone. -#}
{% macro window_opens_at(days=-3) -%}
    cast('{{ (modules.datetime.date.fromisoformat(setting("start_date")) + modules.datetime.timedelta(days=days)).isoformat() }} 00:00:00' as timestamp)
{%- endmacro %}

{% macro window_closes_at(days=4) -%}
    cast('{{ (modules.datetime.date.fromisoformat(setting("end_date")) + modules.datetime.timedelta(days=days)).isoformat() }} 00:00:00' as timestamp)
{%- endmacro %}

{#- The present of this run, UTC. -#}
{% macro as_of() -%}
    cast('{{ setting("as_of") }}' as timestamp)
{%- endmacro %}

{#- Whether a date is final: three full days have passed since it ended in the property's time zone. -#}
{% macro is_final(day) -%}
    ({{ as_of() }} >= {{ local_midnight(add_days(day, 4)) }})
{%- endmacro %}
