-- Grain: one row per file, table and partition that a load of the file wrote or was about to write; written before the rows, so that a load that was cut off is found.
create table if not exists ops.file_partitions (
    file_name string,
    table_name string,
    partition_date date,
    run_id string
);
