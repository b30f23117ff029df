{#- Status of a measure from its threshold; bands are half-open on the unrounded value. -#}
{% macro check_status() -%}
    case
        when not has_input then 'unknown'
        when kind = 'zero' then case when numerator > 0 then 'fail' else 'pass' end
        when kind = 'status' then
            case when value is null then 'insufficient_data' when value >= pass_bound then 'pass' when value >= warn_bound then 'warn' else 'fail' end
        when kind = 'count_at_least' then
            case when value is null then 'unknown' when value >= pass_bound then 'pass' when value >= warn_bound then 'warn' else 'fail' end
        when denominator < {{ setting('min_n') }} or value is null then 'insufficient_data'
        when kind = 'ratio_band' then
            case
                when value > upper_bound then 'warn'
                when value >= pass_bound then 'pass'
                when value >= warn_bound then 'warn'
                else 'fail'
            end
        when kind = 'at_least_or_warn' then case when value >= pass_bound then 'pass' else 'warn' end
        when kind = 'share_at_least' then
            case when value >= pass_bound then 'pass' when value >= warn_bound then 'warn' else 'fail' end
        when kind = 'share_at_most' then
            case when value <= pass_bound then 'pass' when value <= warn_bound then 'warn' else 'fail' end
        else 'unknown'
    end
{%- endmacro %}
