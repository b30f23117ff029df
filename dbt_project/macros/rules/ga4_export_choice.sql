{#- The export kind that counts for each date, as a query: the load ledger knows which are there, only a fresh export's rows are looked at. Daily wins; else fresh with the intraday rows newer than it; else intraday. -#}
{% macro ga4_export_choice(dates) -%}
    select
        chosen.table_date,
        chosen.export_kind,
        fresh.intraday_after
    from (
        select
            table_date,
            case
                when max(case when export_kind = 'daily' then 1 else 0 end) = 1 then 'daily'
                when max(case when export_kind = 'fresh' then 1 else 0 end) = 1 then 'fresh'
                else 'intraday'
            end as export_kind
        from (
            select data_date as table_date, replace(source_format, 'ga4_', '') as export_kind
            from {{ ref('stg_landing__current_files') }}
            where source = 'ga4' and rows_loaded > 0
        ) as loaded
        where {{ dates }}
        group by table_date
    ) as chosen
    left join (
        select table_date, max(event_timestamp) as intraday_after
        from {{ source('landing', 'ga4_events') }}
        where export_kind = 'fresh' and {{ dates }}
        group by table_date
    ) as fresh on chosen.table_date = fresh.table_date and chosen.export_kind = 'fresh'
{%- endmacro %}

{#- Whether a landing row belongs to the export that counts; to join on beside the date. -#}
{% macro is_counted_export(row, choice) -%}
    (
        {{ row }}.export_kind = {{ choice }}.export_kind
        or ({{ row }}.export_kind = 'intraday' and {{ row }}.event_timestamp > {{ choice }}.intraday_after)
    )
{%- endmacro %}
