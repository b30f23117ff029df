-- Grain: one row per check.
select
    check_id,
    surface,
    kind,
    pass_bound,
    warn_bound,
    upper_bound,
    weight,
    description
from reference.checks
order by check_id
