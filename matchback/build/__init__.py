"""dbt: from landing to published tables."""
