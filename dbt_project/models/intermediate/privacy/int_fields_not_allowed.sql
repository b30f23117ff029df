-- Grain: one row per delivery whose data left and field that the destination's policy does not allow.
with

attempts as (

    select attempt_id, destination, payload, fields_sent
    from {{ ref('int_delivery_attempts') }}
    where outcome <> 'blocked' and not is_test

),

policy as (

    select destination, field_name from {{ ref('field_policy') }}

),

-- Without a list of the fields sent, the keys of the payload are the fields.
logged_fields as (

    select attempts.attempt_id, attempts.destination, field_name
    from attempts
    cross join {{ unnest_as('attempts.fields_sent', 'field_name') }}
    union all
    {% for path in ['$', '$.user_data', '$.custom_data'] %}
    select attempts.attempt_id, attempts.destination, field_name
    from attempts
    cross join {{ unnest_as(json_key_list(json_part('attempts.payload', path)), 'field_name') }}
    where {{ list_size('attempts.fields_sent') }} = 0
    {% if path == '$' %}and field_name not in ('user_data', 'custom_data'){% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select distinct
        logged_fields.attempt_id,
        logged_fields.field_name
    from logged_fields
    left join policy
        on logged_fields.destination = policy.destination and logged_fields.field_name = policy.field_name
    where policy.field_name is null

)

select * from final
