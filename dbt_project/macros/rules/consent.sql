{#- Consent of one tier at the time of a delivery: the strictest of log and gateway; GA4's storage only where both are silent.
    Reads is_in_log and is_gateway of int_deliveries_judged; a first choice after the delivery leaves a silent gateway unknown. -#}
{% macro effective_consent(logged, gateway, ga4_storage) -%}
    case
        when {{ logged }} = false or {{ gateway }} = false then 'denied'
        when {{ logged }} or {{ gateway }} then 'granted'
        when is_gateway or is_in_log then 'unknown'
        when {{ ga4_storage }} then 'granted'
        when {{ ga4_storage }} = false then 'denied'
        else 'unknown'
    end
{%- endmacro %}

{#- Aggregate: false when any row says so, else true when one does, else null. -#}
{% macro strictest(flag) -%}
    min(case when {{ flag }} then 1 when {{ flag }} = false then 0 end) = 1
{%- endmacro %}
