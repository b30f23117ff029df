{#- Values whose absence leaves the counts normal while money or products vanish: path -> its columns in int_ga4_event_days. -#}
{% macro value_columns() -%}
    {%- set found = {'items': {'rows': 'items_rows', 'denominator': 'event_rows'}} -%}
    {%- for field in value_fields('ecommerce') -%}
        {%- do found.update({'ecommerce.' ~ field: {'rows': 'ecommerce_' ~ field ~ '_rows', 'denominator': 'event_rows'}}) -%}
    {%- endfor -%}
    {%- for field in value_fields('items') -%}
        {%- do found.update({'items.' ~ field: {'rows': 'items_' ~ field ~ '_rows', 'denominator': 'items_rows'}}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro value_fields(record) -%}
    {{ return({'ecommerce': ['transaction_id', 'purchase_revenue'], 'items': ['item_id', 'item_name', 'price', 'quantity']}[record]) }}
{%- endmacro %}

{#- The column of int_ga4_event_days that belongs to a row's path; `what` is rows or denominator. -#}
{% macro value_column(what) -%}
    case value_paths.path
    {%- for path, columns in value_columns().items() %}
        when '{{ path }}' then ga4_events.{{ columns[what] }}
    {%- endfor %}
    end
{%- endmacro %}
