{#- Why a sent value is no lower-case hex SHA-256 (appendix allowed); empty when it is one. Same rule as matchback.hashing.explain.format_defect. -#}
{% macro hash_format_defect(sent) -%}
    case
        when {{ regex_matches(sent, '^[0-9a-f]{64}([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$') }} then ''
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{64}([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$') }} then 'upper_case'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{32}$') }} then 'md5'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{40}$') }} then 'sha1'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{128}$') }} then 'sha512'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{8,}$') }}
            and {{ regex_matches(sent, '[A-Fa-f]') }} and {{ regex_matches(sent, '[0-9]') }} then 'truncated'
        when {{ regex_matches(sent, '^[0-9]{21,}$') }} then 'truncated'
        when {{ regex_matches(sent, '^([A-Za-z0-9+/_-]{43}=?|[A-Za-z0-9+/_-]{27}=|[A-Za-z0-9+/_-]{22}==|[A-Za-z0-9+/_-]{86}==|[A-Za-z0-9+/_-]{88})$') }} then 'base64'
        else 'plain'
    end
{%- endmacro %}

{#- The same for external_id, which may be raw: only what can be nothing but a broken hash is one. -#}
{% macro external_id_format_defect(sent) -%}
    case
        when {{ regex_matches(sent, '^[0-9a-f]{64}([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$') }} then ''
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{64}$') }} then 'upper_case'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{32}$') }} then 'md5'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{40}$') }} then 'sha1'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{128}$') }} then 'sha512'
        when {{ regex_matches(sent, '^[0-9A-Fa-f]{33,127}$') }} then 'truncated'
        else ''
    end
{%- endmacro %}

{#- Whether a value that must stay raw is a hash. -#}
{% macro is_any_hash(sent) -%}
    coalesce({{ regex_matches(sent, '^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128})([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$') }}, false)
{%- endmacro %}

{#- Whether a raw identifier has the form of its definition, the appendix of the Parameter Builder allowed. -#}
{% macro is_click_id(sent, pattern) -%}
    {{ regex_matches(sent, '^' ~ pattern ~ '([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$') }}
{%- endmacro %}

{#- A logical event as the measures name it. -#}
{% macro event_dimension(canonical_event, dataset_id) -%}
    'canonical_event=' || {{ canonical_event }} || ',dataset_id=' || {{ dataset_id }}
{%- endmacro %}
