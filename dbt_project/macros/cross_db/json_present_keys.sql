{#- Which of some keys of an object inside JSON text hold a value: not absent, null, empty text or empty list. -#}
{% macro json_present_keys(json, path, keys) -%}
    {{ return(adapter.dispatch('json_present_keys', 'matchback')(json, path, keys)) }}
{%- endmacro %}

{% macro duckdb__json_present_keys(json, path, keys) -%}
    list_filter(list_transform(list_zip(['{{ keys | join("', '") }}'], json_extract({{ json }}, [{% for key in keys %}'{{ path }}.{{ key }}'{{ ', ' if not loop.last }}{% endfor %}])), lambda pair: case when coalesce(cast(pair[2] as varchar), 'null') not in ('null', '""', '[]') then pair[1] end), lambda key: key is not null)
{%- endmacro %}

{% macro bigquery__json_present_keys(json, path, keys) -%}
    array(select key from unnest([{% for key in keys %}if(coalesce(json_query({{ json }}, '{{ path }}.{{ key }}'), 'null') not in ('null', '""', '[]'), '{{ key }}', null){{ ', ' if not loop.last }}{% endfor %}]) as key where key is not null)
{%- endmacro %}
