{#- The keys of a JSON object and, behind the name of their object, those of some objects in it; as a list. -#}
{% macro json_key_paths(json, parts) -%}
    {{ return(adapter.dispatch('json_key_paths', 'matchback')(json, parts)) }}
{%- endmacro %}

{#- All parts in one call: the text is parsed once. -#}
{% macro duckdb__json_key_paths(json, parts) -%}
    {%- set keys = "json_keys(" ~ json ~ ", ['$', '$." ~ parts | join("', '$.") ~ "'])" -%}
    flatten([
        {{ keys }}[1]
        {%- for part in parts -%}
        , list_transform({{ keys }}[{{ loop.index + 1 }}], lambda name: '{{ part }}.' || name)
        {%- endfor -%}
    ])
{%- endmacro %}

{% macro bigquery__json_key_paths(json, parts) -%}
    array_concat(
        coalesce({{ json_key_list(json) }}, [])
        {%- for part in parts -%}
        , array(select '{{ part }}.' || name from unnest({{ json_key_list(json_part(json, '$.' ~ part)) }}) as name)
        {%- endfor -%}
    )
{%- endmacro %}
