{#-
    A setting of this run. The flow hands all of them over in one environment variable that is read only while
    executing, so that dbt need not parse the project anew for every window; without it the project's vars hold.
-#}
{% macro setting(name, default=none) -%}
    {%- set given = fromjson(env_var('MATCHBACK_SETTINGS', '{}')) if execute else {} -%}
    {{ return(given[name] if name in given else var(name, default)) }}
{%- endmacro %}
