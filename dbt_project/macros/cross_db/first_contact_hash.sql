{#- The first accepted hash of a contact field of a CRM order; null when the order has none. -#}
{% macro first_contact_hash(contact_hashes, field) -%}
    {{ return(adapter.dispatch('first_contact_hash', 'matchback')(contact_hashes, field)) }}
{%- endmacro %}

{% macro duckdb__first_contact_hash(contact_hashes, field) -%}
    list_filter({{ contact_hashes }}, lambda contact: contact.field = '{{ field }}' and contact.is_accepted)[1].sha256
{%- endmacro %}

{% macro bigquery__first_contact_hash(contact_hashes, field) -%}
    (
        select contact.sha256
        from unnest({{ contact_hashes }}) as contact with offset as position
        where contact.field = '{{ field }}' and contact.is_accepted
        order by position
        limit 1
    )
{%- endmacro %}
