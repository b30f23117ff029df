-- Grain: one row per source, event and path of the newest contract version of its source.
with

newest as (

    select
        source,
        max(version) as version
    from ops.schema_contracts
    group by source

)

select
    entries.source,
    entries.version,
    entries.kind,
    entries.event_name,
    entries.path,
    entries.family,
    entries.presence_share,
    entries.is_required
from ops.schema_contract_entries as entries
inner join newest
    on
        entries.source = newest.source
        and entries.version = newest.version
where not coalesce(entries.is_absent, false)
order by
    entries.source,
    entries.kind,
    entries.event_name,
    entries.path
