-- Grain: one row. Each table is filtered on its own column against constants: what BigQuery takes as a
-- filter on partitions. Undated: a bare console line has no time of its own, every other row without
-- one was quarantined. Malformed: a word or body that the loader never writes.
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

landed as (

    select
        'capi_gtms' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null and source_format <> 'gtms_console' then 1 else 0 end as is_undated,
        case
            when source_format in ('gtms_bigquery', 'gtms_console') and type in ('Request', 'Response', 'Message') then 0
            else 1
        end as is_malformed,
        case when type = 'Request' and ltrim(coalesce(request_body, '')) not like '{%' then 1 else 0 end as is_unparsable
    from landing.capi_gtms
    where
        logged_at is null
        or logged_at between cast(cast($first_date as date) - 1 as timestamp)
        and cast(cast($last_date as date) + 3 as timestamp)
    union all
    select
        'capi_request_response' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null then 1 else 0 end as is_undated,
        case when request like '{%' then 0 else 1 end as is_malformed,
        0 as is_unparsable
    from landing.capi_request_response
    where
        logged_at is null
        or logged_at between cast(cast($first_date as date) - 1 as timestamp)
        and cast(cast($last_date as date) + 3 as timestamp)
    union all
    select
        'capi_dataflow_dlq' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null then 1 else 0 end as is_undated,
        case when status in ('SUCCESS', 'ERROR') and input_element like '{%' then 0 else 1 end as is_malformed,
        0 as is_unparsable
    from landing.capi_dataflow_dlq
    where
        logged_at is null
        or logged_at between cast(cast($first_date as date) - 1 as timestamp)
        and cast(cast($last_date as date) + 3 as timestamp)
    union all
    select
        'capi_gateway_audit' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null then 1 else 0 end as is_undated,
        case when deliveries like '[%' then 0 else 1 end as is_malformed,
        0 as is_unparsable
    from landing.capi_gateway_audit
    where
        logged_at is null
        or logged_at between cast(cast($first_date as date) - 1 as timestamp)
        and cast(cast($last_date as date) + 3 as timestamp)

),

files as (

    select
        landed.table_name,
        landed.file_name,
        count(*) as row_count,
        count(distinct landed.row_number) as distinct_row_count,
        sum(landed.is_undated) as undated,
        sum(landed.is_malformed) as malformed,
        sum(landed.is_unparsable) as unparsable
    from landed
    cross join bounds
    where
        landed.logged_date is null
        or landed.logged_date between bounds.first_date - 1 and bounds.last_date + 2
    group by landed.table_name, landed.file_name

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'capi' and error is null

)

select
    sum(files.row_count) as row_count,
    sum(files.row_count - files.distinct_row_count) as repeated,
    sum(files.undated) as undated,
    sum(files.malformed) as malformed,
    sum(case when loads.file_name is null then files.row_count else 0 end) as unledgered,
    sum(files.unparsable) as unparsable
from files
left join loads on files.file_name = loads.file_name
