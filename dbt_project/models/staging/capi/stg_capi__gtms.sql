-- Grain: one row per event of a logged request of the Stape tags, with the response that answers it, as a canonical server event.
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
        {{ destination_of_url('request_url') | indent(8) }} as destination,
        response_status_code,
        {{ valid_json('response_body') }} as response_body,
        {{ account_in_log('request_url', 'message') | indent(8) }} as account_id
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
        destination,
        account_id,
        row_number() over (
            partition by source_format, trace_id, event_name, account_id order by logged_at, file_name, messages.row_number
        ) as request_ordinal
    from messages
    where type = 'Request' and destination is not null

),

responses as (

    select
        source_format,
        file_name,
        row_number,
        logged_at,
        trace_id,
        event_name,
        account_id,
        response_status_code,
        {{ answer_texts('response_body') }} as answer_fields,
        {{ answer_error('response_body') }} as answer_error,
        row_number() over (
            partition by source_format, trace_id, event_name, account_id order by logged_at, file_name, messages.row_number
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
            and coalesce(requests.account_id, '') = coalesce(responses.account_id, requests.account_id, '')
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
            and coalesce(requests.account_id, '') = coalesce(responses.account_id, requests.account_id, '')
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
        {{ answer_columns('answers.answer_fields', 'answers.answer_error', 'requests.destination') | indent(4) }},
        {{ is_test_request('bodies.request_body', 'requests.destination') }} as is_test,
        {{ request_events('bodies.request_body', 'requests.destination') }} as batch
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
        answered.destination,
        coalesce(answered.account_id, answered.configured_dataset_id, 'unknown') as dataset_id,
        answered.trace_id as request_id,
        answered.answer_id,
        coalesce(answered.answered_at, answered.logged_at) as received_at,
        {{ delivery_outcome('answered', list_size('answered.batch')) | indent(4) }} as outcome,
        answered.http_status,
        answered.error_code,
        answered.error_subcode,
        false as is_parse_failure,
        answered.is_test,
        payload
    from answered
    cross join {{ unnest_numbered('answered.batch', 'payload', 'batch_position') }}

),

{{ canonical_server_events('events') }}

select * from server_events
