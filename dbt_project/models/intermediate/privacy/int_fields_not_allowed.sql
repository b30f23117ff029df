-- Grain: one row per delivery whose data left and field that the destination's policy does not allow.
with

sent as (

    select
        attempt_id,
        destination,
        {{ joined('fields_sent', ',') }} as fields
    from {{ ref('int_delivery_attempts') }}
    where outcome <> 'blocked' and not is_test

),

-- Few different sets of fields are sent, so the policy is asked once for each.
field_sets as (

    select distinct destination, fields from sent

),

policy as (

    select destination, field_name from {{ ref('field_policy') }}

),

set_fields as (

    select distinct
        field_sets.destination,
        field_sets.fields,
        field_name as sent_field
    from field_sets
    cross join {{ unnest_as(split_text('field_sets.fields', ','), 'field_name') }}
    where field_name not in ('', '{{ payload_objects() | join("', '") }}')

),

not_allowed as (

    select
        set_fields.destination,
        set_fields.fields,
        set_fields.sent_field
    from set_fields
    left join policy
        on set_fields.destination = policy.destination and set_fields.sent_field = policy.field_name
    where policy.field_name is null

),

final as (

    select
        sent.attempt_id,
        not_allowed.sent_field as field_name
    from sent
    inner join not_allowed
        on sent.destination = not_allowed.destination and sent.fields = not_allowed.fields

)

select * from final
