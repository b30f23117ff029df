{#- Keys of a server event by the object they belong to; flat formats are folded by them. -#}
{% macro server_event_keys() -%}
    {{ return(['event_name', 'event_time', 'event_id', 'action_source', 'event_source_url', 'referrer_url', 'opt_out', 'data_processing_options', 'data_processing_options_country', 'data_processing_options_state']) }}
{%- endmacro %}

{% macro user_data_keys() -%}
    {{ return(['em', 'ph', 'fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country', 'external_id', 'client_ip_address', 'client_user_agent', 'fbc', 'fbp', 'subscription_id', 'fb_login_id', 'lead_id', 'anon_id', 'madid', 'page_id', 'page_scoped_user_id', 'ctwa_clid', 'ig_account_id', 'ig_sid']) }}
{%- endmacro %}

{% macro custom_data_keys() -%}
    {{ return(['value', 'currency', 'order_id', 'contents', 'content_ids', 'content_type', 'content_name', 'content_category', 'num_items', 'search_string', 'status', 'predicted_ltv', 'delivery_category']) }}
{%- endmacro %}

{#- A nested server event (JSON text, absent keys left out) from JSON text with flat keys; values with '|' are lists. -#}
{% macro nested_server_event(flat) -%}
    {{ return(adapter.dispatch('nested_server_event', 'matchback')(flat)) }}
{%- endmacro %}

{% macro duckdb__nested_server_event(flat) -%}
    cast(json_merge_patch(
        '{}',
        json_object(
        {%- for key in server_event_keys() %}
            '{{ key }}', json_extract({{ flat }}, '$.{{ key }}'),
        {%- endfor %}
            'user_data', json_object(
            {%- for key in user_data_keys() %}
                '{{ key }}', case
                    when contains(json_extract_string({{ flat }}, '$.{{ key }}'), '|')
                        then to_json(string_split(json_extract_string({{ flat }}, '$.{{ key }}'), '|'))
                    else json_extract({{ flat }}, '$.{{ key }}')
                end{{ ',' if not loop.last }}
            {%- endfor %}
            ),
            'custom_data', json_object(
            {%- for key in custom_data_keys() %}
                '{{ key }}', json_extract({{ flat }}, '$.{{ key }}'){{ ',' if not loop.last }}
            {%- endfor %}
            )
        )
    ) as varchar)
{%- endmacro %}

{% macro bigquery__nested_server_event(flat) -%}
    to_json_string(json_strip_nulls(json_object(
    {%- for key in server_event_keys() %}
        '{{ key }}', parse_json(json_query({{ flat }}, '$.{{ key }}')),
    {%- endfor %}
        'user_data', json_object(
        {%- for key in user_data_keys() %}
            '{{ key }}', if(
                strpos(json_value({{ flat }}, '$.{{ key }}'), '|') > 0,
                to_json(split(json_value({{ flat }}, '$.{{ key }}'), '|')),
                parse_json(json_query({{ flat }}, '$.{{ key }}'))
            ){{ ',' if not loop.last }}
        {%- endfor %}
        ),
        'custom_data', json_object(
        {%- for key in custom_data_keys() %}
            '{{ key }}', parse_json(json_query({{ flat }}, '$.{{ key }}')){{ ',' if not loop.last }}
        {%- endfor %}
        )
    )))
{%- endmacro %}

{#- The fields of a server event: its keys and those of user_data and custom_data, one of null too, each once, sorted. -#}
{% macro payload_field_names(payload) -%}
    {{ other_items(json_keys_at(payload, ['$', '$.user_data', '$.custom_data']), ['', 'user_data', 'custom_data']) }}
{%- endmacro %}
