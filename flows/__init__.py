"""matchback: when things run. One flow a file; rules live in dbt_project, promises in expectations."""
