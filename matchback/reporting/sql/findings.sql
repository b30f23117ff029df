-- Grain: one row per check, defect, field, dimension and currency.
select
    check_id,
    defect,
    field_path,
    dimension,
    currency,
    sum(occurrences) as occurrence_count,
    count(distinct entity_id) as entity_count,
    sum(value_at_risk) as value_at_risk
from marts.fct_findings
where run_id = $run_id
group by
    check_id,
    defect,
    field_path,
    dimension,
    currency
