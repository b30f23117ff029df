"""Which table scans of a resolved statement carry no filter that can skip partitions.

The analyzer does not enforce require_partition_filter and the emulator neither; this does, and more
strictly: the partition column itself must be compared with constants, in a filter of the statement.
"""

from collections.abc import Iterator, Mapping

from google.protobuf.message import Message

from matchback.sources.catalog import TABLES
from tests.bigquery.googlesql import PREFIX

PARTITIONS = {f"{PREFIX}{table.name}": table.moment for table in TABLES if table.needs_filter}
COMPARISONS = {
    "$between", "$equal", "$greater", "$greater_or_equal", "$in", "$in_array", "$is_null",
    "$less", "$less_or_equal",
}  # fmt: skip
CONDITIONS = {"filter_expr", "where_expr"}
SUBQUERY = "ResolvedSubqueryExprProto"
COLUMN = "ResolvedColumnRefProto"
CALL = "ResolvedFunctionCallProto"
INSERT = "ResolvedInsertStmtProto"
SCAN = "ResolvedTableScanProto"


def unfiltered(statement: Message, partitions: Mapping[str, str]) -> set[str]:
    """Return the tables (`dataset.table`) that are scanned without a filter on their partition."""
    restricted: set[int] = set()
    found: list[tuple[str, set[int]]] = []
    for field, node in _nodes("", statement):
        if field in CONDITIONS:
            restricted |= _restricted(node)
        elif node.DESCRIPTOR.name == SCAN and node.table.full_name in partitions:
            column = partitions[node.table.full_name]
            ids = {one.column_id for one in node.parent.column_list if one.name == column}
            found.append((node.table.full_name, ids))
    return {table for table, ids in found if not ids & restricted}


def _restricted(condition: Message) -> set[int]:
    """Return the columns that a condition compares with constants, whatever else it asks."""
    node = _concrete(condition)
    if node.DESCRIPTOR.name != CALL:
        return set()
    name = node.parent.function.name.rpartition(":")[2]
    arguments = list(node.parent.argument_list)
    if name == "$and":
        return set().union(*map(_restricted, arguments))
    if name == "$or":
        return set.intersection(*map(_restricted, arguments))
    if name not in COMPARISONS:
        return set()
    columns = [_concrete(argument) for argument in arguments]
    plain = [one.column.column_id for one in columns if one.DESCRIPTOR.name == COLUMN]
    depends = [one for one in columns if one.DESCRIPTOR.name != COLUMN and _depends(one)]
    return set(plain) if len(plain) == 1 and not depends else set()


def _depends(expression: Message) -> bool:
    return any(node.DESCRIPTOR.name in (COLUMN, SUBQUERY) for _, node in _nodes("", expression))


def _concrete(node: Message) -> Message:
    """Unwrap the one node that an `Any...` message holds."""
    while node.DESCRIPTOR.name.startswith("AnyResolved") or node.DESCRIPTOR.name.endswith(
        "BaseProto"
    ):
        [(_, node)] = node.ListFields()
    return node


def _nodes(field: str, node: Message) -> Iterator[tuple[str, Message]]:
    yield field, node
    for descriptor, value in node.ListFields():
        is_target = (node.DESCRIPTOR.name, descriptor.name) == (INSERT, "table_scan")
        if descriptor.message_type is None or is_target:
            continue
        for child in value if descriptor.is_repeated else [value]:
            yield from _nodes(descriptor.name, child)
