{#- Condition on a date: near the window, or loaded by this run (var loaded_dates), so that no loaded date goes unprofiled. -#}
{% macro in_profile(day) -%}
    ({{ day }} between {{ window_start(-2) }} and {{ window_end(2) }} or {{ day }} in ({{ date_list(setting('loaded_dates', [])) }}))
{%- endmacro %}

{#- UTC timestamp that surely lies before all of these dates, in any time zone: a scan leaves older rows unread. -#}
{% macro profile_opens_at() -%}
    cast({{ add_days('least(' ~ window_start(-2) ~ ', ' ~ date_list(setting('loaded_dates', [])) ~ ')', '-1') }} as timestamp)
{%- endmacro %}
