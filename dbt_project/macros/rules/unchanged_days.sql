{#-
    Models that read every GA4 row keep what they made of a date until its shards, the taxonomy or their own rules change.
    Each of their rows carries the state it was made from; `rules` is the SQL that makes it, settings filled in.
-#}
{% macro shard_state(rules) -%}
    (shard_state || '|{{ local_md5(model.raw_code ~ rules) }}')
{%- endmacro %}

{#- The dates that must be read: those whose state the model does not hold. -#}
{% macro changed_shards(rules, dates) -%}
    select
        table_date,
        export_kind,
        intraday_after,
        {{ shard_state(rules) }} as shard_state
    from {{ ref('int_ga4_shards') }}
    where
        {{ dates }}
        {%- if is_incremental() %}
        and {{ shard_state(rules) }} not in (select shard_state from {{ this }})
        {%- endif %}
{%- endmacro %}

{#- Pre-hook: delete the rows of dates that are no longer near the window or have changed. -#}
{% macro forget_changed_shards(rules, dates) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where shard_state not in (
        select {{ shard_state(rules) }} from {{ ref('int_ga4_shards') }} where {{ dates }}
    )
    {%- endif -%}
{%- endmacro %}
