{#- Whether a list of GA4 parameters may hold a click id: a gclid, or an fbclid in the URL of the page. -#}
{% macro has_click_id(params) -%}
    {{ return(adapter.dispatch('has_click_id', 'matchback')(params)) }}
{%- endmacro %}

{% macro default__has_click_id(params) -%}
    {{ exceptions.raise_compiler_error("has_click_id: not written for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__has_click_id(params) -%}
    coalesce(
        list_contains(
            list_transform(
                {{ params }},
                lambda param: param.key = 'gclid'
                or (param.key = 'page_location' and contains(param.value.string_value, 'fbclid='))
            ),
            true
        ),
        false
    )
{%- endmacro %}

{% macro bigquery__has_click_id(params) -%}
    exists(
        select 1
        from unnest({{ params }}) as param
        where
            param.key = 'gclid'
            or (param.key = 'page_location' and strpos(param.value.string_value, 'fbclid=') > 0)
    )
{%- endmacro %}
