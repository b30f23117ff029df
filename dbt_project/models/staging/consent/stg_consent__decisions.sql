-- Grain: one row per logged consent decision.
with

source as (

    select
        decided_at,
        user_id,
        client_id,
        notice_version,
        jurisdiction,
        gpc,
        necessary,
        analytics,
        marketing,
        action,
        file_name,
        row_number
    from {{ source('landing', 'consent_log') }}

),

renamed as (

    select
        decided_at,
        {{ local_date('decided_at') }} as event_date,
        {{ present_person_id('user_id') }} as user_id,
        {{ present_client_id('client_id') }} as client_id,
        nullif(trim(notice_version), '') as notice_version,
        jurisdiction,
        gpc,
        necessary,
        analytics,
        marketing,
        lower(action) as action,
        file_name,
        row_number
    from source

)

select * from renamed
