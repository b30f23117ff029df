-- Grain: one finding, at most a few per check, the dearest and newest first.
with

ranked_findings as (

    select
        check_id,
        event_date,
        severity,
        source,
        dataset_id,
        entity_type,
        entity_id,
        field_path,
        defect,
        evidence,
        occurrences,
        value_at_risk,
        currency,
        row_number() over (
            partition by check_id
            order by coalesce(value_at_risk, 0) desc, event_date desc, entity_id, field_path, defect
        ) as position
    from marts.fct_findings
    where run_id = $run_id

)

select
    check_id,
    event_date,
    severity,
    source,
    dataset_id,
    entity_type,
    entity_id,
    field_path,
    defect,
    evidence,
    occurrences,
    value_at_risk,
    currency
from ranked_findings
where position <= $row_cap
order by
    check_id,
    position
