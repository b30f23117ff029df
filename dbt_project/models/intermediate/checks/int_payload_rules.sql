-- Grain: one row per logical server event of the window whose payload was logged, with the rules it breaks.
{%- set broken, sources, counted = {}, {}, {} -%}
{%- for name, definition in destinations().items() -%}
    {%- set rules = definition.rules -%}
    {%- set tests = [] -%}
    {%- for required in rules.required -%}
        {%- set asked = list_size(matching_items('present_fields', required.fields)) ~ ' < ' ~ required.fields | length -%}
        {%- set condition = required.when.field ~ " = '" ~ required.when.value ~ "' and " if required.when else '' -%}
        {%- do tests.append("case when " ~ condition ~ asked ~ " then '" ~ required.rule ~ "' end") -%}
    {%- endfor -%}
    {%- do tests.append("case when payload_currency is not null and iso_currency is null then 'currency_not_iso' end") -%}
    {%- set sets = [] -%}
    {%- for keys in rules.insufficient -%}{%- do sets.append(within_items('user_keys', keys)) -%}{%- endfor -%}
    {%- if sets -%}
        {%- do tests.append("case when has_user_data and (" ~ sets | join(' or ') ~ ") then 'user_data_insufficient' end") -%}
    {%- endif -%}
    {%- set ages = [] -%}
    {%- for source, days in rules.max_age_days_by_action_source.items() -%}
        {%- do ages.append(" when '" ~ source ~ "' then " ~ days) -%}
    {%- endfor -%}
    {%- set days = '(case action_source' ~ ages | join('') ~ ' else ' ~ rules.max_age_days ~ ' end)' if ages else rules.max_age_days | string -%}
    {%- do tests.append("case when " ~ seconds_between('event_at', 'received_at') ~ " > " ~ days ~ " * 86400 then 'event_time_too_old' end") -%}
    {%- do tests.append('event_time_defect') -%}
    {%- do tests.append("case when " ~ list_size('unknown_keys') ~ " > 0 then 'unknown_top_level_key' end") -%}
    {%- do broken.update({name: present_only(text_list(tests))}) -%}
    {%- set source_defect -%}
        case
            when action_source is null then 'missing'
            when action_source not in ('{{ rules.action_sources | join("', '") }}') then 'unknown'
        end
    {%- endset -%}
    {%- do sources.update({name: source_defect if rules.action_sources else 'cast(null as ' ~ type_text() ~ ')'}) -%}
    {%- do counted.update({name: list_size(matching_items('user_keys', definition.customer_keys))}) -%}
{%- endfor %}
with

payloads as (

    select
        server_event_key,
        payload_currency,
        present_fields,
        unknown_keys,
        event_time_defect,
        {{ identifier_types('identifiers') }} as user_keys
    from {{ ref('int_server_events') }}
    where has_payload and not is_test and outcome <> 'blocked'

),

currencies as (

    select code from {{ ref('currencies') }}

),

events as (

    select
        dated.server_event_key,
        dated.entity_id,
        dated.event_date,
        dated.canonical_event,
        dated.server_canonical_event,
        dated.event_name,
        dated.destination,
        dated.dataset_id,
        dated.outcome,
        dated.event_at,
        dated.received_at,
        dated.action_source,
        dated.value,
        dated.currency,
        payloads.payload_currency,
        currencies.code as iso_currency,
        payloads.present_fields,
        payloads.unknown_keys,
        payloads.event_time_defect,
        payloads.user_keys,
        {{ has_user_data() }} as has_user_data
    from {{ ref('int_server_events_dated') }} as dated
    inner join payloads on dated.server_event_key = payloads.server_event_key
    left join currencies on upper(trim(payloads.payload_currency)) = currencies.code

),

judged as (

    select
        server_event_key,
        entity_id,
        event_date,
        canonical_event,
        server_canonical_event,
        destination,
        dataset_id,
        outcome,
        value,
        currency,
        {{ by_definition(counted) }} as customer_key_count,
        {{ by_definition(broken) }} as broken_rules,
        {{ by_definition(sources) }} as action_source_defect
    from events

)

select * from judged
