"""matchback: when things run, one flow a file. Rules live in dbt_project."""
