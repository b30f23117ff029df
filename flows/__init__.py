"""matchback: when things run, one flow a file, named as its file. Rules live in dbt_project."""
