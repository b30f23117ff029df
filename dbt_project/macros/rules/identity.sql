{#- An identifier with its type, as one comparable text; null when the identifier is. -#}
{% macro identity_node(type, identifier) -%}
    ('{{ type }}:' || {{ identifier }})
{%- endmacro %}

{#- A query parameter of a URL, the Parameter Builder's appendix left out. -#}
{% macro url_parameter(url, name) -%}
    {{ regex_capture(url, '[?&#]' ~ name ~ '=([^&#.]+)') }}
{%- endmacro %}

{#- Rank of a node's type in the configured precedence; types outside it name no journey and rank last. -#}
{% macro identity_rank(node) -%}
    case
    {%- for type in setting('identity_precedence') %}
        when {{ node }} like '{{ type }}:%' then {{ loop.index }}
    {%- endfor %}
        else 99
    end
{%- endmacro %}

{#- The journey of a record from its identifiers in order of precedence; shared identifiers only count when nothing else is there. -#}
{% macro resolved_identity(sides, relation='events') -%}
    coalesce(
    {%- for side in sides %}
        case when not coalesce({{ side }}.is_shared, false) then coalesce({{ side }}.canonical_id, {{ relation }}.{{ side }}_node) end,
    {%- endfor %}
    {%- for side in sides %}
        {{ relation }}.{{ side }}_node{{ ',' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}
