-- Grain: one row per date that a configured release may explain: its own and the two dates after it, the newest release wins.
{{ config(materialized='view') }}

with

releases as (

    {% for release in setting('releases', []) %}
    select cast('{{ release.date }}' as date) as released_on, {{ quoted(release.name) }} as release_name
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select cast('0001-01-01' as date) as released_on, '' as release_name from (select 1 as one) as nothing where one = 0
    {% endfor %}

),

dates as (

    {% for days in range(3) %}
    select {{ add_days('released_on', days) }} as event_date, released_on, release_name from releases
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

ranked as (

    select
        event_date,
        release_name,
        row_number() over (partition by event_date order by released_on desc, release_name) as recency
    from dates

),

newest as (

    select event_date, release_name from ranked where recency = 1

)

select * from newest
