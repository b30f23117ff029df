{#- The checks that cost points as an array of (check_id, status, points), dearest first; empty when none did -#}
{% macro collect_points_lost() -%}
    {{ return(adapter.dispatch('collect_points_lost', 'matchback')()) }}
{%- endmacro %}

{% macro duckdb__collect_points_lost() -%}
    coalesce(
        list(struct_pack(check_id := check_id, status := status, points := points) order by points desc, check_id)
            filter (where points > 0),
        []
    )
{%- endmacro %}

{% macro bigquery__collect_points_lost() -%}
    ifnull(
        array_agg(
            if(points > 0, struct(check_id as check_id, status as status, points as points), null)
            ignore nulls order by points desc, check_id
        ),
        []
    )
{%- endmacro %}
