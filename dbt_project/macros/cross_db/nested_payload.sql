{#- A nested payload (JSON text, absent keys left out) from JSON text with flat keys; in `list_object` values with '|' are lists. -#}
{% macro nested_payload(flat, top_keys, objects, list_object) -%}
    {{ return(adapter.dispatch('nested_payload', 'matchback')(flat, top_keys, objects, list_object)) }}
{%- endmacro %}

{% macro default__nested_payload(flat, top_keys, objects, list_object) -%}
    {{ exceptions.raise_compiler_error("nested_payload: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__nested_payload(flat, top_keys, objects, list_object) -%}
    cast(json_merge_patch(
        '{}',
        json_object(
        {%- for key in top_keys %}
            '{{ key }}', json_extract({{ flat }}, '$.{{ key }}'),
        {%- endfor %}
        {%- for object, keys in objects.items() %}
            '{{ object }}', json_object(
            {%- for key in keys %}
                '{{ key }}',
                {%- if object == list_object %} case
                    when contains(json_extract_string({{ flat }}, '$.{{ key }}'), '|')
                        then to_json(string_split(json_extract_string({{ flat }}, '$.{{ key }}'), '|'))
                    else json_extract({{ flat }}, '$.{{ key }}')
                end
                {%- else %} json_extract({{ flat }}, '$.{{ key }}')
                {%- endif -%}
                {{ ',' if not loop.last }}
            {%- endfor %}
            ){{ ',' if not loop.last }}
        {%- endfor %}
        )
    ) as varchar)
{%- endmacro %}

{% macro bigquery__nested_payload(flat, top_keys, objects, list_object) -%}
    to_json_string(json_strip_nulls(json_object(
    {%- for key in top_keys %}
        '{{ key }}', parse_json(json_query({{ flat }}, '$.{{ key }}')),
    {%- endfor %}
    {%- for object, keys in objects.items() %}
        '{{ object }}', json_object(
        {%- for key in keys %}
            '{{ key }}',
            {%- if object == list_object %} if(
                strpos(json_value({{ flat }}, '$.{{ key }}'), '|') > 0,
                to_json(split(json_value({{ flat }}, '$.{{ key }}'), '|')),
                parse_json(json_query({{ flat }}, '$.{{ key }}'))
            )
            {%- else %} parse_json(json_query({{ flat }}, '$.{{ key }}'))
            {%- endif -%}
            {{ ',' if not loop.last }}
        {%- endfor %}
        ){{ ',' if not loop.last }}
    {%- endfor %}
    )))
{%- endmacro %}
