{#- What breaks the promise of a published table, in one reading of it: a null in a required column,
    a word outside a closed list, a row for which a condition does not hold, a repeated grain. Nulls of
    the grain count as equal; a condition that is null holds. -#}
{% test keeps_contract(model, grain, required, closed={}, holds=[]) %}
with

judged as (

    select
        case
            {% for column in required -%}
            when {{ column }} is null then '{{ column }} is null'
            {% endfor -%}
            {% for column, words in closed.items() -%}
            when {{ column }} not in ('{{ words | join("', '") }}') then '{{ column }} is an unknown word'
            {% endfor -%}
            {% for condition in holds -%}
            when not ({{ condition }}) then '{{ condition | replace("'", "''") }} does not hold'
            {% endfor -%}
        end as breach
    from {{ model }}

),

repeated as (

    select 1 as one
    from {{ model }}
    group by {{ grain | join(', ') }}
    having count(*) > 1

)

select breach, count(*) as row_count
from judged
where breach is not null
group by breach
union all
select 'the grain is repeated' as breach, count(*) as row_count
from repeated
having count(*) > 0
{% endtest %}
