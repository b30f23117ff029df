{#-
    The identifiers inside JSON text as a list of (type, value, is_hashed, position), in the order of `paths` (type -> path).
    A key that is absent, null or says nothing (is_given) adds none, nor does such an element of a list; the others add one
    each if the type is one of `lists`, else the list is one value. position counts the values of one key from 0. The text is parsed once.
-#}
{% macro json_identifiers(json, paths, lists, words) -%}
    {{ return(adapter.dispatch('json_identifiers', 'matchback')(json, paths, lists, words)) }}
{%- endmacro %}

{% macro default__json_identifiers(json, paths, lists, words) -%}
    {{ exceptions.raise_compiler_error("json_identifiers: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_identifiers(json, paths, lists, words) -%}
    {%- set form = "'^[0-9a-f]{64}([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$'" -%}
    flatten(list_transform(
        list_filter(
            list_zip(
                ['{{ paths.keys() | join("', '") }}'],
                [{% for key in paths %}{{ 'true' if key in lists else 'false' }}{{ ', ' if not loop.last }}{% endfor %}],
                cast(json_extract({{ json }}, ['{{ paths.values() | join("', '") }}']) as varchar[])
            ),
            lambda found: found[3] is not null and {{ is_given("json_extract_string(found[3], '$')", words) }}
        ),
        lambda found: case
            when found[2] and starts_with(found[3], '[') then list_transform(
                list_filter(json_extract_string(found[3], '$[*]'), lambda sent: {{ is_given('sent', words) }}),
                lambda sent, place: struct_pack(
                    "type" := found[1], "value" := sent,
                    is_hashed := coalesce(regexp_matches(sent, {{ form }}), false), "position" := place - 1
                )
            )
            else [struct_pack(
                "type" := found[1], "value" := json_extract_string(found[3], '$'),
                is_hashed := coalesce(regexp_matches(json_extract_string(found[3], '$'), {{ form }}), false),
                "position" := cast(0 as bigint)
            )]
        end
    ))
{%- endmacro %}

{% macro bigquery__json_identifiers(json, paths, lists, words) -%}
    array(
        select as struct
            found.type as type,
            sent as value,
            coalesce(regexp_contains(sent, r'^[0-9a-f]{64}([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$'), false) as is_hashed,
            place as position
        from unnest([
            {%- for key, path in paths.items() %}
            struct('{{ key }}' as type, {{ 'true' if key in lists else 'false' }} as is_list, json_query({{ json }}, '{{ path }}') as part){{ ',' if not loop.last }}
            {%- endfor %}
        ]) as found with offset as found_place
        cross join unnest(
            if(
                found.is_list and starts_with(found.part, '['),
                array(
                    select element
                    from unnest(json_value_array(found.part, '$')) as element with offset as element_place
                    where {{ is_given('element', words) }}
                    order by element_place
                ),
                [coalesce(json_value(found.part, '$'), found.part)]
            )
        ) as sent with offset as place
        where found.part is not null and {{ is_given("coalesce(json_value(found.part, '$'), found.part)", words) }}
        order by found_place, place
    )
{%- endmacro %}
