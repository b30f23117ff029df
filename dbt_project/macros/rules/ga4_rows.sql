{#- The columns of a GA4 row that the models work with, parameters included; of `landed`, whose list of keys is param_keys. -#}
{% macro ga4_row_columns() -%}
    landed.file_name,
    landed.row_number,
    landed.export_kind,
    landed.table_date as event_date,
    {{ micros_to_timestamp('landed.event_timestamp') }} as event_at,
    landed.event_name,
    landed.canonical_event,
    {{ ga4_event_id() }} as event_id,
    {{ ga4_order_id('landed') }} as order_id,
    {{ ga4_value('landed') }} as value,
    {{ ga4_param('currency') }} as currency,
    {{ present_id(url_parameter(ga4_param('page_location'), 'fbclid')) }} as fbclid,
    {{ present_person_id('landed.user_id') }} as user_id,
    {{ present_client_id('landed.user_pseudo_id') }} as user_pseudo_id,
    {{ yes_no('landed.ads_storage') }} as ads_storage,
    {{ yes_no('landed.analytics_storage') }} as analytics_storage,
    coalesce({{ present_id('landed.collected_gclid') }}, {{ present_id(ga4_param('gclid')) }}) as gclid,
    coalesce({{ ga4_param('debug_mode') }} in ('1', 'true'), false) as is_debug,
    {{ list_size('landed.event_params') }} as param_count,
    landed.device_category,
    landed.browser,
    landed.country,
    landed.campaign
{%- endmacro %}

{#- Counts of the rows of an event on a date: how many hold the values that matter. -#}
{% macro ga4_event_counts() -%}
    max(export_kind) as export_kind,
    max(event_timestamp) as newest_timestamp,
    count(*) as event_rows,
    {%- for field in value_fields('ecommerce') %}
    {{ count_where(field ~ ' is not null and ' ~ as_text(field) ~ " not in ('', '(not set)', 'NaN', 'nan')") }} as ecommerce_{{ field }}_rows,
    {%- endfor %}
    {%- for field in value_fields('items') %}
    {{ count_where(any_element('items', field)) }} as items_{{ field }}_rows,
    {%- endfor %}
    {{ count_where(list_size('items') ~ ' > 0') }} as items_rows
{%- endmacro %}

{#- The click id that a GA4 parameter holds: a gclid, or the fbclid in the URL of the page; null for all others. -#}
{% macro ga4_click_id() -%}
    case
        when param.key = 'gclid' then {{ ga4_slot_text('param.value') }}
        when param.key = 'page_location' and param.value.string_value like '%fbclid=%'
            then {{ url_parameter('param.value.string_value', 'fbclid') }}
    end
{%- endmacro %}

{#- Counts of a parameter of an event on a date: how many rows hold it, in which slots. -#}
{% macro ga4_parameter_counts() -%}
    count(*) as path_rows,
    count(entries.value.string_value) as text_rows,
    {{ count_where('entries.value.int_value is not null or entries.value.float_value is not null or entries.value.double_value is not null') }} as number_rows
{%- endmacro %}

{#- The columns of a GA4 row with a click id; of landing's `source` and the ids in its parameters. -#}
{% macro ga4_click_columns() -%}
    source.file_name,
    source.row_number,
    source.table_date as event_date,
    {{ micros_to_timestamp('source.event_timestamp') }} as event_at,
    {{ present_person_id('source.user_id') }} as user_id,
    {{ present_client_id('source.user_pseudo_id') }} as user_pseudo_id,
    {{ present_id('click_ids.fbclid') }} as fbclid,
    coalesce({{ present_id('source.collected_traffic_source.gclid') }}, {{ present_id('click_ids.gclid') }}) as gclid
{%- endmacro %}

{#- Dates whose rows are worked with one by one: the window and two days around it. -#}
{% macro near_window(day) -%}
    {{ day }} between {{ window_start(-2) }} and {{ window_end(2) }}
{%- endmacro %}
