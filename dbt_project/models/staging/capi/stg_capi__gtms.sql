-- Grain: one row per event of a logged request of the Stape tags, with the response that answers it.
with

messages as (

    select
        source_format,
        file_name,
        row_number,
        logged_at,
        type,
        trace_id,
        event_name,
        request_url,
        response_status_code,
        {{ valid_json('response_body') }} as response_body,
        coalesce(
            {{ regex_capture('request_url', '/([0-9]+)/events') }},
            {{ regex_capture('message', 'Pixel ID: *([0-9]+)') }}
        ) as pixel_id
    from {{ source('landing', 'capi_gtms') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

-- Requests are paired with their answers without the bodies, which are wide.
requests as (

    select
        source_format,
        file_name,
        row_number,
        logged_at,
        trace_id,
        event_name,
        pixel_id,
        row_number() over (
            partition by source_format, trace_id, event_name, pixel_id order by logged_at, file_name, row_number
        ) as request_ordinal
    from messages
    where
        type = 'Request'
        and (request_url is null or {{ regex_matches('request_url', 'facebook[.]com|/[0-9]+/events') }})

),

responses as (

    select
        source_format,
        file_name,
        row_number,
        logged_at,
        trace_id,
        event_name,
        pixel_id,
        response_status_code,
        {{ json_fields('response_body', graph_answer_paths()) }} as answer_fields,
        {{ json_part('response_body', '$.error') }} as answer_error,
        row_number() over (
            partition by source_format, trace_id, event_name, pixel_id order by logged_at, file_name, row_number
        ) as response_ordinal
    from messages
    where type = 'Response'

),

traced as (

    select
        requests.file_name,
        requests.row_number,
        responses.logged_at as answered_at,
        responses.response_status_code,
        responses.answer_fields,
        responses.answer_error
    from requests
    inner join responses
        on
            requests.source_format = responses.source_format
            and requests.trace_id = responses.trace_id
            and requests.event_name = responses.event_name
            and coalesce(requests.pixel_id, '') = coalesce(responses.pixel_id, requests.pixel_id, '')
            and requests.request_ordinal = responses.response_ordinal

),

untraced as (

    select
        requests.file_name,
        requests.row_number,
        responses.logged_at as answered_at,
        responses.response_status_code,
        responses.answer_fields,
        responses.answer_error,
        row_number() over (
            partition by requests.file_name, requests.row_number
            order by responses.logged_at, responses.file_name, responses.row_number
        ) as nearness
    from requests
    inner join responses
        on
            requests.source_format = responses.source_format
            and requests.event_name = responses.event_name
            and coalesce(requests.pixel_id, '') = coalesce(responses.pixel_id, requests.pixel_id, '')
            and responses.logged_at between requests.logged_at and {{ add_seconds('requests.logged_at', 3600) }}
    where requests.trace_id is null

),

answers as (

    select file_name, row_number, answered_at, response_status_code, answer_fields, answer_error from traced
    union all
    select file_name, row_number, answered_at, response_status_code, answer_fields, answer_error
    from untraced
    where nearness = 1

),

bodies as (

    select
        file_name,
        row_number,
        configured_dataset_id,
        {{ valid_json('request_body') }} as request_body
    from {{ source('landing', 'capi_gtms') }}
    where
        type = 'Request'
        and logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

answered as (

    select
        requests.*,
        bodies.configured_dataset_id,
        answers.answered_at,
        answers.response_status_code as http_status,
        {{ graph_answer('answers.answer_fields', 1, 'answers.answer_error') }},
        {{ json_text('bodies.request_body', '$.test_event_code') }} is not null as is_test,
        {{ json_items('bodies.request_body', '$.data') }} as batch
    from bodies
    inner join requests
        on bodies.file_name = requests.file_name and bodies.row_number = requests.row_number
    left join answers
        on requests.file_name = answers.file_name and requests.row_number = answers.row_number

),

events as (

    select
        answered.source_format,
        answered.file_name,
        answered.row_number,
        batch_position,
        'meta_capi' as destination,
        coalesce(answered.pixel_id, answered.configured_dataset_id, 'unknown') as dataset_id,
        answered.trace_id as request_id,
        coalesce(answered.answer_trace_id, answered.error_trace_id) as fbtrace_id,
        coalesce(answered.answered_at, answered.logged_at) as received_at,
        {{ delivery_outcome('answered.http_status', 'answered.events_received', list_size('answered.batch'), 'answered.has_error') }} as outcome,
        answered.http_status,
        answered.error_code,
        answered.error_subcode,
        false as is_parse_failure,
        answered.is_test,
        payload,
        {{ no_gateway_columns() }}
    from answered
    cross join {{ unnest_numbered('answered.batch', 'payload', 'batch_position') }}

)

select {{ attempt_columns() }} from events
