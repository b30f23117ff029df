-- Grain: one row per order or refund of a CRM file; an order may stand in several.

with

source as (

    select
        orders.*,
        ledger.loaded_at,
        ledger.data_date as file_date,
        ledger.modified_at as file_modified_at
    from {{ source('landing', 'crm_orders') }} as orders
    left join {{ ref('stg_landing__current_files') }} as ledger on ledger.source = 'crm' and orders.file_name = ledger.file_name
    where
        orders.ordered_at between {{ window_opens_at(-4) }} and {{ window_closes_at(5) }}

),

renamed as (

    select
        {{ order_key('order_id') }} as order_key,
        {{ present_id('order_id') }} as order_id,
        {{ present_person_id('customer_id') }} as customer_id,
        ordered_at,
        {{ local_date('ordered_at') }} as event_date,
        lower(trim(status)) as status,
        order_state,
        order_state = 'valid' and not coalesce(is_test, false) as is_valid,
        coalesce(is_test, false) as is_test,
        value,
        upper(trim(currency)) as currency,
        {{ present_id('event_id') }} as event_id,
        {{ present_client_id('user_pseudo_id') }} as user_pseudo_id,
        {{ present_id('gclid') }} as gclid,
        {{ present_id('fbclid') }} as fbclid,
        contact_hashes,
        free_text,
        file_name,
        row_number,
        loaded_at,
        updated_at,
        file_date,
        file_modified_at
    from source

)

select * from renamed
