"""dbt's part of a plan: which nodes a build has, in which order, and their SQL. DuckDB only."""

import json
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from matchback.build.build_plan import Plan
from matchback.core.resources import DBT_DIRECTORY

if TYPE_CHECKING:
    from dbt.compilation import Compiler
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ManifestNode, ModelNode, SeedNode

STORED = ("table", "view", "incremental")


class PlanError(Exception):
    """A node that dbt cannot compile."""

    def __init__(self, unique_id: str, reason: str) -> None:
        super().__init__(reason)
        self.unique_id = unique_id


def make_plan(manifest: "Manifest", listed: Sequence[str]) -> Plan:
    """Compile the listed nodes of a project whose adapter dbt has set up; PlanError names one."""
    from dbt.adapters.factory import get_adapter_by_type
    from dbt.compilation import Compiler

    adapter = get_adapter_by_type("duckdb")
    compiler = Compiler(adapter.config)
    nodes = [manifest.nodes[json.loads(line)["unique_id"]] for line in listed]
    seeds = [node for node in nodes if node.resource_type == "seed"]
    models = {node.unique_id: node for node in nodes if node.resource_type == "model"}
    tests = [node for node in nodes if node.resource_type == "test"]
    order = TopologicalSorter(
        {
            name: [one for one in node.depends_on.nodes if one in models]
            for name, node in models.items()
        }
    )
    return {
        "settings": dict(adapter.config.credentials.settings),
        "seeds": [_seed(node, adapter) for node in seeds],
        "models": [_model(models[name], compiler, manifest) for name in order.static_order()],
        "tests": [
            {"unique_id": node.unique_id, "sql": _compiled(node, compiler, manifest)}
            for node in tests
        ],
    }


def _seed(node: "SeedNode", adapter: Any) -> dict[str, Any]:  # noqa: ANN401 - no type of dbt's
    from dbt_common.clients.agate_helper import from_csv

    path = DBT_DIRECTORY / node.original_file_path
    given = node.config.column_types
    table = from_csv(path, text_columns=given, delimiter=node.config.delimiter)
    columns = {
        name: given.get(name) or adapter.convert_type(table, position)
        for position, name in enumerate(table.column_names)
    }
    return {**_relation(node), "columns": columns, "file": str(path)}


def _model(node: "ModelNode", compiler: "Compiler", manifest: "Manifest") -> dict[str, Any]:
    kind = node.config.materialized
    has_hooks = bool(node.config.post_hook or (node.config.pre_hook and kind != "incremental"))
    if kind not in STORED or has_hooks:
        reason = f"A plan knows no hooks of a {kind}." if has_hooks else f"A plan knows no {kind}."
        raise PlanError(node.unique_id, reason)
    planned = {**_relation(node), "kind": kind, "sql": _compiled(node, compiler, manifest)}
    if kind != "incremental":
        return planned
    return {
        **planned,
        "hooks": _hooks(node, compiler, manifest),
        "sql_of_more": _compiled(node, compiler, manifest, is_incremental=True),
        "may_gain_columns": node.config.on_schema_change == "append_new_columns",
    }


def _relation(node: "ManifestNode") -> dict[str, Any]:
    return {
        "unique_id": node.unique_id,
        "schema": node.schema,
        "name": node.identifier,
        "relation": node.relation_name,
    }


def _compiled(
    node: "ManifestNode",
    compiler: "Compiler",
    manifest: "Manifest",
    *,
    is_incremental: bool = False,
) -> str:
    from dbt_common.exceptions import DbtRuntimeError

    try:
        compiled = compiler.compile_node(node, manifest, _state(is_incremental), write=False)
    except DbtRuntimeError as error:
        raise PlanError(node.unique_id, str(error)) from error
    return compiled.compiled_code


def _hooks(node: "ModelNode", compiler: "Compiler", manifest: "Manifest") -> list[str]:
    """Return the statements before an insert into a model that exists."""
    from dbt.clients.jinja import get_rendered
    from dbt.context.providers import generate_runtime_model_context

    context = generate_runtime_model_context(node, compiler.config, manifest)
    context.update(_state(is_incremental=True))
    return [get_rendered(hook.sql, context, node) for hook in node.config.pre_hook]


def _state(is_incremental: bool) -> Mapping[str, Any]:
    """Answer in dbt's place what only the warehouse knows: both answers are planned."""
    return {"is_incremental": lambda: is_incremental}
