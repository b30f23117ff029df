{#- Where a definition's answer holds what is read of it; `at` is the place of the answer in the JSON text. -#}
{% macro answer_paths(answer, at='$') -%}
    {%- set found = [] -%}
    {%- for path in answer.trace_ids + [answer.error_code, answer.error_subcode, answer.received_count] if path -%}
        {%- do found.append(at ~ path[1:]) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The texts of an answer, in the order of answer_paths(). -#}
{% macro answer_texts(json, destination='destination', at='$', more_paths=[]) -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- do found.update({name: json_fields(json, more_paths + answer_paths(definition.answer, at))}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- The error of an answer as JSON text. -#}
{% macro answer_error(json, destination='destination') -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set path = definition.answer.error -%}
        {%- do found.update({name: json_part(json, path) if path else 'cast(null as ' ~ type_text() ~ ')'}) -%}
    {%- endfor -%}
    {{ by_definition(found, destination) }}
{%- endmacro %}

{#- The columns of an answer: from its texts, which begin behind `skipped` others, and its error. -#}
{% macro answer_columns(texts, error, destination='destination', skipped=0) -%}
    {%- set columns = {'answer_id': {}, 'error_code': {}, 'error_subcode': {}, 'received_count': {}} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set answer = definition.answer -%}
        {%- set traces = [] -%}
        {%- for path in answer.trace_ids -%}
            {%- do traces.append(element(texts, skipped + loop.index)) -%}
        {%- endfor -%}
        {%- do columns['answer_id'].update({name: 'coalesce(' ~ traces | join(', ') ~ ')' if traces | length > 1 else traces[0]}) -%}
        {%- set place = namespace(last=skipped + traces | length) -%}
        {%- for column in ['error_code', 'error_subcode', 'received_count'] -%}
            {%- if answer[column] -%}
                {%- set place.last = place.last + 1 -%}
                {%- do columns[column].update({name: try_integer(element(texts, place.last))}) -%}
            {%- else -%}
                {%- do columns[column].update({name: 'cast(null as ' ~ type_integer() ~ ')'}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor %}
    {%- for column, expressions in columns.items() %}
    {{ by_definition(expressions, destination) }} as {{ column }},
    {%- endfor %}
    coalesce({{ error }}, 'null') <> 'null' as has_error
{%- endmacro %}

{#- What became of one attempt, from the answer that was logged; no status is unknown, never a loss. -#}
{% macro delivery_outcome(relation, batch_size) -%}
    {%- set found = {} -%}
    {%- for name, definition in destinations().items() -%}
        {%- set answer = definition.answer -%}
        {%- set verdict -%}
    case
        when {{ relation }}.http_status is null then 'unknown'
        when {{ relation }}.has_error or {{ relation }}.http_status not between 200 and 299 then 'rejected'
        {%- if answer.received_count %}
        when {{ relation }}.received_count >= {{ batch_size }} then 'accepted'
        else 'unknown'
        {%- elif answer.accepted_codes %}
        when {{ relation }}.error_code in ({{ answer.accepted_codes | join(', ') }}) then 'accepted'
        when {{ relation }}.error_code in ({{ (answer.unknown_codes or ['null']) | join(', ') }}) then 'unknown'
        when {{ relation }}.error_code is not null then 'rejected'
        else 'unknown'
        {%- else %}
        else 'accepted'
        {%- endif %}
    end
        {%- endset -%}
        {%- do found.update({name: verdict}) -%}
    {%- endfor -%}
    {{ by_definition(found, relation ~ '.destination') }}
{%- endmacro %}
