{#- The products of a JSON array as a list of (item_id, quantity, price); keys: the names that they have in it. -#}
{% macro json_item_list(json, keys) -%}
    {{ return(adapter.dispatch('json_item_list', 'matchback')(json, keys)) }}
{%- endmacro %}

{% macro default__json_item_list(json, keys) -%}
    {{ exceptions.raise_compiler_error("json_item_list: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_item_list(json, keys) -%}
    list_transform(
        coalesce(cast(json_extract({{ json }}, '{{ keys.path }}[*]') as varchar[]), []),
        lambda item: struct_pack(
            item_id := json_extract_string(item, '$.{{ keys.item_id }}'),
            quantity := try_cast(json_extract_string(item, '$.{{ keys.quantity }}') as double),
            price := try_cast(json_extract_string(item, '$.{{ keys.price }}') as double)
        )
    )
{%- endmacro %}

{% macro bigquery__json_item_list(json, keys) -%}
    array(
        select as struct
            json_value(item, '$.{{ keys.item_id }}') as item_id,
            safe_cast(json_value(item, '$.{{ keys.quantity }}') as float64) as quantity,
            safe_cast(json_value(item, '$.{{ keys.price }}') as float64) as price
        from unnest(json_query_array({{ json }}, '{{ keys.path }}')) as item with offset as position
        order by position
    )
{%- endmacro %}
