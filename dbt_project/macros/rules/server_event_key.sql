{#- Key of the logical server event that an attempt belongs to; columns of int_delivery_attempts, optionally prefixed. -#}
{% macro server_event_key(relation='') -%}
    {%- set at = relation ~ '.' if relation else '' -%}
    (
        {{ destination_prefix(at ~ 'destination') }} || {{ at }}dataset_id || '|' || coalesce({{ at }}canonical_event, {{ at }}event_name, '') || '|'
        || case
            when {{ at }}event_id is null and {{ at }}order_id is null then {{ at }}attempt_id
            else coalesce({{ at }}event_id, '') || '|' || coalesce({{ order_key(at ~ 'order_id') }}, '')
        end
        || case when {{ at }}is_test then '|test' else '' end
    )
{%- endmacro %}
