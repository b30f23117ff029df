-- Grain: one hit of the scan, with the thing of the window that it belongs to.
-- A server event is looked at once, at its accepted, else last attempt; hits of other attempts are none.
with

hits as (

    select
        source,
        table_name,
        file_name,
        row_number,
        batch_position,
        file_name || ':' || {{ as_text('row_number') }} as row_id,
        file_name || ':' || {{ as_text('row_number') }} || ':' || {{ as_text('batch_position') }} as attempt_id,
        record_key,
        {{ local_date('recorded_at') }} as recorded_date,
        field_path,
        kind,
        kinds,
        masked,
        run_id
    from {{ source('landing', 'pii_hits') }}

),

exports as (

    select table_date, export_kind, intraday_after from {{ ref('stg_ga4__exports') }}

),

-- Only rows that a hit points at: nearly all of a day have none.
events as (

    select distinct
        source.file_name,
        source.row_number,
        source.table_date as event_date
    from {{ source('landing', 'ga4_events') }} as source
    inner join hits
        on hits.source = 'ga4' and source.file_name = hits.file_name and source.row_number = hits.row_number
    inner join exports
        on source.table_date = exports.table_date and {{ is_counted_export('source', 'exports') }}
    where {{ near_window('source.table_date') }}

),

server_events as (

    select
        attempt_id,
        server_event_key,
        entity_id,
        order_id,
        event_date,
        dataset_id,
        canonical_event,
        value,
        currency
    from {{ ref('int_server_events_dated') }}

),

attempts as (

    select attempt_id, destination, dataset_id, request_id, event_date
    from {{ ref('int_delivery_attempts') }}
    where not {{ is_reconciled('destination') }}

),

orders as (

    select file_name, row_number, order_key, order_id, event_date
    from {{ ref('stg_crm__orders') }}

),

order_dates as (

    select crm_order_key, min(event_date) as event_date
    from {{ ref('int_reconciled_events') }}
    where crm_order_key is not null
    group by crm_order_key

),

files as (

    select file_name, max(data_date) as data_date
    from {{ ref('stg_landing__current_files') }}
    group by file_name

),

runs as (

    select run_id, max(window_end) as window_end
    from {{ source('ops', 'runs') }}
    group by run_id

),

ga4_numbered as (

    select
        hits.*,
        events.event_date,
        dense_rank() over (
            partition by hits.record_key order by hits.file_name, hits.row_number
        ) as record_ordinal
    from hits
    inner join events on hits.file_name = events.file_name and hits.row_number = events.row_number
    where hits.source = 'ga4'

),

of_client_events as (

    select
        event_date,
        source,
        cast(null as {{ type_text() }}) as dataset_id,
        'client_event' as entity_type,
        case
            when record_ordinal = 1 then record_key
            else record_key || '|' || {{ as_text('record_ordinal') }}
        end as entity_id,
        cast(null as {{ type_text() }}) as canonical_event,
        field_path,
        kind,
        kinds,
        masked,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from ga4_numbered

),

server_hits as (

    select
        hits.source,
        hits.field_path,
        hits.kind,
        hits.kinds,
        hits.masked,
        server_events.event_date,
        server_events.dataset_id,
        server_events.entity_id,
        server_events.order_id,
        server_events.canonical_event,
        server_events.value,
        server_events.currency,
        min(server_events.server_event_key) over (partition by server_events.entity_id) as first_key,
        max(server_events.server_event_key) over (partition by server_events.entity_id) as last_key
    from hits
    inner join server_events on hits.attempt_id = server_events.attempt_id
    where hits.source = 'capi' and hits.batch_position is not null

),

of_server_events as (

    select
        event_date,
        source,
        dataset_id,
        'server_event' as entity_type,
        -- One event id on two orders is two logical events under one name.
        case when first_key = last_key then entity_id else entity_id || '|' || coalesce(order_id, '') end as entity_id,
        canonical_event,
        field_path,
        kind,
        kinds,
        masked,
        value,
        currency
    from server_hits

),

of_deliveries as (

    select
        attempts.event_date,
        hits.source,
        attempts.dataset_id,
        'delivery' as entity_type,
        coalesce(attempts.request_id, attempts.attempt_id) || '|' || attempts.destination as entity_id,
        cast(null as {{ type_text() }}) as canonical_event,
        hits.field_path,
        hits.kind,
        hits.kinds,
        hits.masked,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from hits
    inner join attempts on hits.attempt_id = attempts.attempt_id
    where hits.source = 'capi' and hits.batch_position is not null

),

of_orders as (

    select
        coalesce(order_dates.event_date, orders.event_date) as event_date,
        hits.source,
        cast(null as {{ type_text() }}) as dataset_id,
        'order' as entity_type,
        orders.order_id as entity_id,
        cast(null as {{ type_text() }}) as canonical_event,
        hits.field_path,
        hits.kind,
        hits.kinds,
        hits.masked,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from hits
    inner join orders on hits.file_name = orders.file_name and hits.row_number = orders.row_number
    left join order_dates on orders.order_key = order_dates.crm_order_key
    where hits.source = 'crm'

),

of_rows as (

    select
        case
            when hits.source = 'quarantine' then coalesce(files.data_date, runs.window_end, {{ window_end() }})
            else hits.recorded_date
        end as event_date,
        hits.source,
        cast(null as {{ type_text() }}) as dataset_id,
        case hits.source
            when 'quarantine' then 'quarantined_row'
            when 'consent' then 'consent_row'
            else 'log_row'
        end as entity_type,
        case when hits.source = 'capi' then coalesce(hits.record_key || '|' || hits.row_id, hits.row_id) else hits.row_id end as entity_id,
        cast(null as {{ type_text() }}) as canonical_event,
        hits.field_path,
        hits.kind,
        hits.kinds,
        hits.masked,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from hits
    left join files on hits.file_name = files.file_name
    left join runs on hits.run_id = runs.run_id
    where hits.source in ('quarantine', 'consent') or (hits.source = 'capi' and hits.batch_position is null)

),

unioned as (

    select * from of_client_events
    union all
    select * from of_server_events
    union all
    select * from of_deliveries
    union all
    select * from of_orders
    union all
    select * from of_rows

)

select * from unioned
where event_date between {{ window_start() }} and {{ window_end() }}
