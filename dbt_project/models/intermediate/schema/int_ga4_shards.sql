-- Grain: one row per date to profile with the export kind that counts for it.
with

chosen as (

    {{ ga4_export_choice(in_profile('table_date')) | indent(4) }}

)

select * from chosen
