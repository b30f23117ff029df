{#- What became of one attempt, from the answer that was logged; no status is unknown, never a loss. -#}
{% macro delivery_outcome(http_status, events_received, batch_size, has_error) -%}
    case
        when {{ http_status }} is null then 'unknown'
        when {{ has_error }} or {{ http_status }} not between 200 and 299 then 'rejected'
        when {{ events_received }} >= {{ batch_size }} then 'accepted'
        else 'unknown'
    end
{%- endmacro %}

{#- Where the fields of a Graph API answer stand that every format reads alike; `at` is the place of the answer. -#}
{% macro graph_answer_paths(at='$') -%}
    {{ return([at ~ '.fbtrace_id', at ~ '.events_received', at ~ '.error.code', at ~ '.error.error_subcode', at ~ '.error.fbtrace_id']) }}
{%- endmacro %}

{#- The same as columns, from a list of texts in which they begin at a position, and the error as JSON text. -#}
{% macro graph_answer(fields, first, error) -%}
    {{ element(fields, first) }} as answer_trace_id,
    {{ try_integer(element(fields, first + 1)) }} as events_received,
    coalesce({{ error }}, 'null') <> 'null' as has_error,
    {{ try_integer(element(fields, first + 2)) }} as error_code,
    {{ try_integer(element(fields, first + 3)) }} as error_subcode,
    {{ element(fields, first + 4) }} as error_trace_id
{%- endmacro %}

{#- The consent columns that only the gateway logs, as typed nulls. -#}
{% macro no_gateway_columns() -%}
    cast(null as {{ type_text() }}) as event_type,
    cast(null as {{ type_text() }}) as logged_event_id,
    cast(null as {{ type_text() }}) as user_id,
    cast(null as {{ type_text() }}) as client_id,
    cast(null as {{ type_text() }}) as jurisdiction,
    cast(null as boolean) as gpc,
    cast(null as boolean) as consent_necessary,
    cast(null as boolean) as consent_analytics,
    cast(null as boolean) as consent_marketing,
    cast(null as {{ type_text() }}) as consent_basis,
    cast(null as {{ type_text() }}) as block_reason,
    {{ empty_text_list() }} as fields_sent,
    {{ empty_text_list() }} as fields_stripped
{%- endmacro %}

{#- The columns of every stg_capi model, in the order of the union. -#}
{% macro attempt_columns() -%}
    source_format,
    file_name,
    row_number,
    batch_position,
    destination,
    dataset_id,
    request_id,
    fbtrace_id,
    received_at,
    outcome,
    http_status,
    error_code,
    error_subcode,
    is_parse_failure,
    is_test,
    payload,
    event_type,
    logged_event_id,
    user_id,
    client_id,
    jurisdiction,
    gpc,
    consent_necessary,
    consent_analytics,
    consent_marketing,
    consent_basis,
    block_reason,
    fields_sent,
    fields_stripped
{%- endmacro %}
