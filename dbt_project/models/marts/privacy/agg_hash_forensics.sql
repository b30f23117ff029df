-- Grain: one row per date, destination, dataset, hashed key, verdict and form.
with

payload_hashes as (

    select
        server_event_key,
        payload_key,
        min(event_date) as event_date,
        min(destination) as destination,
        min(dataset_id) as dataset_id,
        {{ first_by('format_defect', "case when format_defect = '' then 1 else 0 end, element_position") }} as format_defect,
        max(case when is_junk then 1 else 0 end) = 1 as is_junk
    from {{ ref('int_payload_hashes') }}
    group by server_event_key, payload_key

),

compared as (

    select server_event_key, payload_key, is_match, accepted_form, defect from {{ ref('int_hashes_compared') }}

),

defects as (

    select defect, is_recoverable, advice from {{ ref('hash_defects') }}

),

judged as (

    select
        payload_hashes.event_date,
        payload_hashes.destination,
        payload_hashes.dataset_id,
        payload_hashes.payload_key,
        case
            when payload_hashes.format_defect <> '' then 'hash_format'
            when payload_hashes.is_junk then 'hash_junk'
            when compared.is_match then 'matching'
            when not compared.is_match then 'hash_mismatch'
            else 'not_compared'
        end as verdict,
        case
            when payload_hashes.format_defect <> '' then payload_hashes.format_defect
            when payload_hashes.is_junk then 'junk'
            when compared.is_match then compared.accepted_form
            else coalesce(compared.defect, '')
        end as form
    from payload_hashes
    left join compared
        on payload_hashes.server_event_key = compared.server_event_key and payload_hashes.payload_key = compared.payload_key

),

counted as (

    select
        event_date,
        destination,
        dataset_id,
        payload_key,
        verdict,
        form,
        count(*) as event_count
    from judged
    group by event_date, destination, dataset_id, payload_key, verdict, form

),

final as (

    select
        counted.event_date,
        counted.destination,
        counted.dataset_id,
        counted.payload_key,
        counted.verdict,
        counted.form,
        counted.event_count,
        case when coalesce(defects.is_recoverable, false) then counted.event_count else 0 end as recoverable_count,
        defects.advice,
        '{{ setting("run_id") }}' as run_id
    from counted
    left join defects on counted.form = defects.defect

)

select * from final
