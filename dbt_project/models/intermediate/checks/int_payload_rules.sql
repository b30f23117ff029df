-- Grain: one row per logical server event of the window whose payload was logged, with the rules it breaks.
{%- set customer_keys = ['em', 'ph', 'fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country', 'external_id', 'client_ip_address', 'client_user_agent', 'fbc', 'fbp'] %}
with

payloads as (

    select server_event_key, payload
    from {{ ref('int_server_events') }}
    where payload is not null and not is_test and outcome <> 'blocked'

),

events as (

    select
        dated.server_event_key,
        dated.entity_id,
        dated.event_date,
        dated.canonical_event,
        dated.server_canonical_event,
        dated.dataset_id,
        dated.outcome,
        dated.event_at,
        dated.received_at,
        dated.value,
        dated.currency,
        {{ json_fields('payloads.payload', [
            '$.event_name', '$.event_time', '$.action_source', '$.event_source_url', '$.user_data.client_user_agent',
            '$.custom_data.value', '$.custom_data.currency'
        ]) }} as fields,
        {{ json_key_list('payloads.payload') }} as top_keys,
        {{ json_present_keys('payloads.payload', '$.user_data', customer_keys + ['subscription_id', 'fb_login_id', 'lead_id', 'anon_id', 'madid', 'page_id', 'page_scoped_user_id', 'ctwa_clid', 'ig_account_id', 'ig_sid']) }} as user_keys,
        {{ json_part('payloads.payload', '$.user_data') }} is not null as has_user_data
    from {{ ref('int_server_events_dated') }} as dated
    inner join payloads on dated.server_event_key = payloads.server_event_key

),

named as (

    select
        *,
        {{ element('fields', 1) }} as event_name,
        {{ element('fields', 3) }} as action_source,
        {{ element('fields', 7) }} as payload_currency
    from events

),

judged as (

    select
        named.*,
        {{ list_size(matching_items('user_keys', customer_keys)) }} as customer_key_count,
        {{ present_only(text_list([
            "case when event_name is null or " ~ element('fields', 2) ~ " is null or not has_user_data then 'required_field_missing' end",
            "case when action_source = 'website' and (" ~ element('fields', 4) ~ " is null or " ~ element('fields', 5) ~ " is null) then 'website_field_missing' end",
            "case when event_name = 'Purchase' and (" ~ element('fields', 6) ~ " is null or payload_currency is null) then 'purchase_field_missing' end",
            "case when payload_currency is not null and currencies.code is null then 'currency_not_iso' end",
            "case when has_user_data and (" ~ within_items('user_keys', ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'])
                ~ " or " ~ within_items('user_keys', ['db', 'client_user_agent'])
                ~ " or " ~ within_items('user_keys', ['fn', 'ge'])
                ~ " or " ~ within_items('user_keys', ['ln', 'ge']) ~ ") then 'user_data_insufficient' end",
            "case when " ~ seconds_between('event_at', 'received_at') ~ " > (case when action_source = 'physical_store' then 62 else 7 end) * 86400 then 'event_time_too_old' end",
            "case when not (" ~ within_items('top_keys', server_event_keys() + ['user_data', 'custom_data', 'original_event_data', 'customer_segmentation', 'app_data', 'attribution_data', 'messaging_channel']) ~ ") then 'unknown_top_level_key' end"
        ])) }} as broken_rules,
        case
            when action_source is null then 'missing'
            when action_source not in ('email', 'website', 'app', 'phone_call', 'chat', 'physical_store', 'system_generated', 'business_messaging', 'other')
                then 'unknown'
        end as action_source_defect
    from named
    left join {{ ref('currencies') }} as currencies on upper(trim(named.payload_currency)) = currencies.code

),

final as (

    select
        server_event_key,
        entity_id,
        event_date,
        canonical_event,
        server_canonical_event,
        dataset_id,
        outcome,
        value,
        currency,
        customer_key_count,
        broken_rules,
        action_source_defect
    from judged

)

select * from final
