"""`matchback hash`: the accepted forms of plain values from stdin, and the defect of a hash."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import yaml

from matchback.commands.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    exits_with_code,
    print_json,
)
from matchback.core.errors import ConfigError, ExitCode
from matchback.core.resources import SEEDS_DIRECTORY
from matchback.hashing.contact_forms import FIELDS, META_KEYS
from matchback.hashing.countries import Country, country_named
from matchback.hashing.explain import DESTINATIONS, NEVER_HASHED, Explanation, explain


@exits_with_code
def hash_value(
    field: Annotated[str, typer.Argument(help=f"One of: {', '.join(FIELDS)}.")],
    destination: Annotated[
        str, typer.Option(help=f"Whose rules: {', '.join(DESTINATIONS)}.")
    ] = "meta",
    against: Annotated[
        str | None, typer.Option(help="A hash as it was sent; its defect is named.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Country that completes a phone number, like DE.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json_output: JsonOption = False,
) -> ExitCode:
    """Explain the accepted hashes of plain values, one a line from stdin; no value is echoed."""
    key = _meta_key(field)
    rules = destination.lower()
    if rules not in DESTINATIONS:
        raise ConfigError(
            f"--destination '{destination}' is not known; use one of {', '.join(DESTINATIONS)}."
        )
    plan = _country(country) or _default_country(config)
    advice = _advice()
    for number, value in enumerate(_values(), start=1):
        explanation = explain(
            key,
            value,
            destination=rules,
            against=against,
            country=plan,
            may_lack_country_code=plan is None,
        )
        if json_output:
            print_json(_document(number, explanation))
        else:
            sys.stdout.write(_text(number, explanation, advice))
    return ExitCode.HEALTHY


def _meta_key(field: str) -> str:
    key = META_KEYS.get(field.lower(), field.lower())
    if key in NEVER_HASHED:
        raise ConfigError(f"'{key}' is never hashed; send it as it is.")
    if key not in FIELDS:
        raise ConfigError(f"'{field}' is no hashed field; use one of {', '.join(FIELDS)}.")
    return key


def _country(text: str | None) -> Country | None:
    if text is None:
        return None
    plan = country_named(text)
    if plan is None:
        raise ConfigError(f"--country '{text}' is not a country; use an ISO code like DE.")
    return plan


def _default_country(config: Path) -> Country | None:
    """Return the property's country when there is a readable config; the command needs none."""
    try:
        document = yaml.safe_load(config.read_text(encoding="utf-8"))
        return country_named(document["property"]["default_country"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return None


def _advice() -> dict[str, str]:
    """Return what to change by defect, from the seed that the report reads too."""
    with (SEEDS_DIRECTORY / "hash_defects.csv").open(encoding="utf-8", newline="") as file:
        return {row["defect"]: row["advice"] for row in csv.DictReader(file)}


def _values() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


def _document(number: int, explanation: Explanation) -> dict[str, object]:
    return {
        "line": number,
        "accepted": [{"form": form.form, "sha256": form.sha256} for form in explanation.accepted],
        "match": explanation.match,
        "defect": explanation.defect,
    }


def _text(number: int, explanation: Explanation, advice: dict[str, str]) -> str:
    lines = [f"line {number}"]
    lines += [f"  {form.sha256}  {form.form}" for form in explanation.accepted]
    if not explanation.accepted:
        lines.append("  no form of this value is accepted")
    if explanation.defect:
        lines.append(f"  defect: {explanation.defect} - {advice[explanation.defect]}")
    elif explanation.match:
        lines.append("  the hash matches")
    return "\n".join(lines) + "\n"
