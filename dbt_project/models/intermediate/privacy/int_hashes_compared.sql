-- Grain: one row per purchase or other conversion joined to a CRM order, and hashed key that both sides have.
with

values_sent as (

    select * from {{ ref('int_payload_hashes') }}
    where not {{ has_role('payload_key', 'may_be_raw') }}

),

conversions as (

    select server_event_key, crm_order_key
    from {{ ref('int_reconciled_events') }}
    where server_event_key is not null and crm_order_key is not null

),

contact_hashes as (

    select * from {{ ref('int_contact_hashes') }}

),

known_fields as (

    select order_key, payload_key, min(customer_key) as customer_key
    from contact_hashes
    where is_accepted
    group by order_key, payload_key

),

forms as (

    select form, form_rank from (
        {% for form in ['not_lowercased', 'not_trimmed', 'double_hashed', 'md5_then_sha256', 'missing_country_code', 'e164_plus', 'gmail_folded'] %}
        select '{{ form }}' as form, {{ loop.index }} as form_rank
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as ranked_forms

),

comparable as (

    select
        values_sent.*,
        conversions.crm_order_key,
        known_fields.customer_key
    from values_sent
    inner join conversions on values_sent.server_event_key = conversions.server_event_key
    inner join known_fields
        on conversions.crm_order_key = known_fields.order_key and values_sent.payload_key = known_fields.payload_key

),

explained as (

    select
        comparable.*,
        contact_hashes.form,
        coalesce(contact_hashes.is_accepted, false) as is_match,
        forms.form_rank
    from comparable
    left join contact_hashes
        on
            comparable.crm_order_key = contact_hashes.order_key
            and comparable.payload_key = contact_hashes.payload_key
            and comparable.digest = contact_hashes.digest
    left join forms on contact_hashes.form = forms.form

),

of_another as (

    select distinct
        explained.server_event_key,
        explained.payload_key
    from explained
    inner join contact_hashes
        on
            explained.payload_key = contact_hashes.payload_key
            and explained.digest = contact_hashes.digest
            and contact_hashes.is_accepted
            and explained.customer_key <> contact_hashes.customer_key
    where explained.form is null

),

per_key as (

    select
        explained.server_event_key,
        explained.payload_key,
        min(explained.destination) as destination,
        min(explained.dataset_id) as dataset_id,
        min(explained.event_date) as event_date,
        min(explained.canonical_event) as canonical_event,
        min(explained.entity_id) as entity_id,
        min(explained.value) as value,
        min(explained.currency) as currency,
        min(explained.digest) as digest,
        max(case when explained.format_defect <> '' or explained.is_junk then 1 else 0 end) = 1 as has_other_defect,
        max(case when explained.is_match then 1 else 0 end) = 1 as is_match,
        min(case when explained.is_match then explained.form end) as accepted_form,
        {{ first_by('case when not explained.is_match then explained.form end', 'coalesce(explained.form_rank, 99)') }} as mistake
    from explained
    group by explained.server_event_key, explained.payload_key

),

final as (

    select
        per_key.server_event_key,
        per_key.destination,
        per_key.dataset_id,
        per_key.event_date,
        per_key.canonical_event,
        per_key.entity_id,
        per_key.value,
        per_key.currency,
        per_key.payload_key,
        per_key.digest,
        per_key.is_match,
        per_key.accepted_form,
        case
            when per_key.is_match then ''
            when per_key.mistake is not null then per_key.mistake
            when of_another.server_event_key is not null then 'other_customer'
            else 'unexplained'
        end as defect
    from per_key
    left join of_another
        on per_key.server_event_key = of_another.server_event_key and per_key.payload_key = of_another.payload_key
    where not per_key.has_other_defect

)

select * from final
