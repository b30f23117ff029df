-- Grain: one row, the newest contract version that drift was judged against.
select max(contract_version) as contract_version
from marts.fct_schema_drift
