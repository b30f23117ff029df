{#- The class of a rejected attempt: by code and subcode, else by HTTP status. Reads exact_codes and general_codes. -#}
{% macro error_class() -%}
    coalesce(
        exact_codes.error_class,
        general_codes.error_class,
        case
            when extracted.http_status = 429 then 'retry'
            when extracted.http_status in (401, 403) then 'auth'
            when extracted.http_status >= 500 then 'transient'
            else 'permanent'
        end
    )
{%- endmacro %}
