{#- The export kind that counts for each date, as a query. Daily wins; else fresh with the intraday rows newer than it; else intraday. -#}
{% macro ga4_export_choice(dates) -%}
    select
        table_date,
        case
            when max(case when export_kind = 'daily' then 1 else 0 end) = 1 then 'daily'
            when max(case when export_kind = 'fresh' then 1 else 0 end) = 1 then 'fresh'
            else 'intraday'
        end as export_kind,
        case
            when max(case when export_kind = 'daily' then 1 else 0 end) = 0
                then max(case when export_kind = 'fresh' then event_timestamp end)
        end as intraday_after
    from {{ source('landing', 'ga4_events') }}
    where {{ dates }}
    group by table_date
{%- endmacro %}

{#- Whether a landing row belongs to the export that counts; to join on beside the date. -#}
{% macro is_counted_export(row, choice) -%}
    (
        {{ row }}.export_kind = {{ choice }}.export_kind
        or ({{ row }}.export_kind = 'intraday' and {{ row }}.event_timestamp > {{ choice }}.intraday_after)
    )
{%- endmacro %}
