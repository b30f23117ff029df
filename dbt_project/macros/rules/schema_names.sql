{#- A name of an event, column or parameter as it may be kept: one that looks like an address or a number of a person is not. -#}
{% macro safe_name(name) -%}
    (case
        when {{ regex_matches(name, '(@|%40|[0-9]{7})') }} or {{ name }} is null then '(unusual name)'
        else substr({{ name }}, 1, 100)
    end)
{%- endmacro %}

{#- Family of a column's observed type: text, number, boolean, time, record or list; '' when the type is not known. -#}
{% macro type_family(type) -%}
    (case
        when {{ regex_matches('upper(' ~ type ~ ')', '([[][]]$|^ARRAY|^LIST|REPEATED)') }} then 'list'
        when {{ regex_matches('upper(' ~ type ~ ')', '^(STRUCT|RECORD|MAP|OBJECT)') }} then 'record'
        when {{ regex_matches('upper(' ~ type ~ ')', '^(VARCHAR|STRING|TEXT|CHAR|UUID|JSON|BYTES|BLOB)') }} then 'text'
        when {{ regex_matches('upper(' ~ type ~ ')', '^BOOL') }} then 'boolean'
        when {{ regex_matches('upper(' ~ type ~ ')', '(INT|DOUBLE|FLOAT|DECIMAL|NUMERIC|REAL|NUMBER)') }} then 'number'
        when {{ regex_matches('upper(' ~ type ~ ')', '^(DATE|TIME)') }} then 'time'
        else ''
    end)
{%- endmacro %}

{#- The path without its last part; null for a path of one part. -#}
{% macro parent_path(path) -%}
    {{ regex_capture(path, '^(.+)[.][^.]+$') }}
{%- endmacro %}

{#- Text dates of a var as dates in a list, never empty: without any, one before all data that days can still be taken from. -#}
{% macro date_list(dates) -%}
    {%- for day in dates -%}
    cast('{{ day }}' as date){{ ', ' if not loop.last }}
    {%- else -%}
    cast('1000-01-01' as date)
    {%- endfor -%}
{%- endmacro %}
