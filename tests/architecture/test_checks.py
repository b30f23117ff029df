"""A check is a row of its seed: no code knows one by its name, but where it is counted or made."""

import ast
import re
from pathlib import Path

from matchback.checks import all_checks

ROOT = Path(__file__).parents[2]
FOLDERS = ("matchback", "flows", "expectations")
ALLOWED = {
    # A leak names the check that finds it, the truth what it must count.
    "matchback/simulator/": set(all_checks()),
    # A suite judges a published figure by the check of the same name.
    "expectations/": set(all_checks()),
    # The last line of a run names an order that this check found missing.
    "matchback/quality/verdict.py": {"crm_coverage_server"},
    # A field of the payload bears the name of the check that judges it.
    "matchback/destinations/": {"action_source"},
    "matchback/sources/dbt_models.py": {"action_source"},
}
QUOTED = re.compile(r"'(\w+)'")


def named_checks(path: Path) -> set[str]:
    """Return the ids of checks that a file names, as a text or quoted inside one."""
    texts = {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    quoted = {name for text in texts for name in QUOTED.findall(text)}
    return (texts | quoted) & all_checks().keys()


def test_no_code_names_a_check_outside_its_own_logic() -> None:
    guilty = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            allowed = {
                one for start, ids in ALLOWED.items() if name.startswith(start) for one in ids
            }
            if found := named_checks(path) - allowed:
                guilty[name] = found
    assert guilty == {}
