-- Grain: one row per file, table and partition that a load of the file wrote or was about to write; written before the rows, so that a load that was cut off is found. Filled where tables are loaded by partition.
create table if not exists ops.file_partitions (
    file_name varchar,
    table_name varchar,
    partition_date date,
    run_id varchar
);
