{#- The letter of a score of 0 to 100; null stays null -#}
{% macro score_grade(score) -%}
    case
        when {{ score }} >= 90 then 'A'
        when {{ score }} >= 80 then 'B'
        when {{ score }} >= 70 then 'C'
        when {{ score }} >= 60 then 'D'
        when {{ score }} is not null then 'F'
    end
{%- endmacro %}
