-- Grain: one row per date near the window with the export kind that counts for it.
with

chosen as (

    {{ ga4_export_choice('table_date between ' ~ window_start(-32) ~ ' and ' ~ window_end(2)) | indent(4) }}

)

select * from chosen
