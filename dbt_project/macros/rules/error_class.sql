{#- The class of a rejected attempt: by code and subcode, else by HTTP status. Reads exact_codes and general_codes. -#}
{% macro error_class(relation) -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set by_status -%}
        case
            {%- for first, last, class in definition.statuses %}
            when {{ relation }}.http_status between {{ first }} and {{ last }} then '{{ class }}'
            {%- endfor %}
            else '{{ definition.other_status }}'
        end
        {%- endset -%}
        {%- do found.update({name: by_status}) -%}
    {%- endfor -%}
    coalesce(exact_codes.error_class, general_codes.error_class, {{ by_definition(found, relation ~ '.definition') }})
{%- endmacro %}
