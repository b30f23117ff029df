{#- The counts and rates of section "event health", over rows of int_reconciled_events grouped by the caller. -#}
{% macro event_health_counts() -%}
    {{ count_where('in_client') }} as client_count,
    {{ count_where('in_client and not is_denied') }} as consented_client_count,
    {{ count_where('is_accepted') }} as server_accepted_count,
    {{ count_where('is_pair') }} as pair_count,
    {{ count_where('is_deduplicated') }} as dedup_count,
    {{ count_where('is_pair and abs(seconds_apart) <= 300') }} as aligned_count,
    {{ count_where('is_pair and server_canonical_event = canonical_event') }} as name_consistent_count,
    {{ count_where("is_pair and value_comparison is not null") }} as value_compared_count,
    {{ count_where("is_pair and value_comparison = 'equal'") }} as value_equal_count,
    {{ count_where('in_crm and is_valid_order') }} as valid_order_count,
    {{ count_where('in_crm and is_valid_order and in_client') }} as order_in_client_count,
    {{ count_where('in_crm and is_valid_order and is_owed_to_server') }} as order_owed_count,
    {{ count_where('in_crm and is_valid_order and is_owed_to_server and is_accepted') }} as order_in_server_count,
    {{ count_where('is_without_order') }} as orderless_count,
    avg(case when in_client then cast(param_count as {{ type_double() }}) end) as params_mean,
    min(case when is_final then 1 else 0 end) = 1 as is_final
{%- endmacro %}

{#- The published columns made of those counts. -#}
{% macro event_health_rates() -%}
    client_count,
    consented_client_count,
    server_accepted_count,
    pair_count,
    {% if setting('has_ga4') and setting('has_capi') %}
    {{ rate('server_accepted_count', 'consented_client_count') }} as hit_ratio,
    {{ rate('server_accepted_count', 'client_count') }} as hit_ratio_raw,
    {% else %}
    cast(null as {{ type_double() }}) as hit_ratio,
    cast(null as {{ type_double() }}) as hit_ratio_raw,
    {% endif %}
    {{ rate('dedup_count', 'pair_count') }} as dedup_rate,
    {{ rate('aligned_count', 'pair_count') }} as aligned_rate,
    {{ rate('name_consistent_count', 'pair_count') }} as name_consistency_rate,
    {{ rate('value_equal_count', 'value_compared_count') }} as value_match_rate,
    {% if setting('has_crm') %}
    case when canonical_event = 'purchase' then valid_order_count end as crm_count,
    case when canonical_event = 'purchase' then {{ rate('order_in_client_count', 'valid_order_count') }} end as crm_coverage_client,
    case when canonical_event = 'purchase' then {{ rate('order_in_server_count', 'order_owed_count') }} end as crm_coverage_server,
    case when canonical_event = 'purchase' and is_final then orderless_count end as ghost_count,
    {% else %}
    cast(null as {{ type_integer() }}) as crm_count,
    cast(null as {{ type_double() }}) as crm_coverage_client,
    cast(null as {{ type_double() }}) as crm_coverage_server,
    cast(null as {{ type_integer() }}) as ghost_count,
    {% endif %}
    params_mean,
    is_final
{%- endmacro %}

{#- A share as a double; null without a denominator. -#}
{% macro rate(numerator, denominator) -%}
    (cast({{ numerator }} as {{ type_double() }}) / nullif({{ denominator }}, 0))
{%- endmacro %}

{#- Lower or upper end of the Wilson 95 % interval of a share; null without a denominator or beyond 1. -#}
{% macro wilson(numerator, denominator, side) -%}
    (case
        when {{ denominator }} > 0 and {{ numerator }} <= {{ denominator }} then (
            (cast({{ numerator }} as {{ type_double() }}) / {{ denominator }} + 1.9208 / {{ denominator }}
            {{ '-' if side == 'low' else '+' }} 1.96 * sqrt(
                (cast({{ numerator }} as {{ type_double() }}) / {{ denominator }})
                * (1 - cast({{ numerator }} as {{ type_double() }}) / {{ denominator }}) / {{ denominator }}
                + 0.9604 / (cast({{ denominator }} as {{ type_double() }}) * {{ denominator }})
            ))
            / (1 + 3.8416 / {{ denominator }})
        )
    end)
{%- endmacro %}
