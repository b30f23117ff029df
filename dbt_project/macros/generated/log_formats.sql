{# Staging models of the delivery logs by rank: of one attempt the first is believed.
   Written by `python -m matchback.sources.generate` from sources/logs/formats. #}
{% macro log_staging_models() -%}
{{ return([
    'stg_capi__gateway_audit',
    'stg_capi__gtms',
    'stg_capi__request_response',
    'stg_capi__dataflow_dlq'
]) }}
{%- endmacro %}
