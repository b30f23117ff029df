"""`matchback scan`: name the personal data in any text, line by line, without repeating it."""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from matchback.commands.common import JsonOption, exits_with_code, print_json, say
from matchback.core.errors import ConfigError, ExitCode
from matchback.pii.lines import Finding, Format, findings_in

CSV_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


@exits_with_code
def scan(
    file: Annotated[
        Path | None,
        typer.Argument(help="Text, JSONL, CSV or HAR, also gzipped; standard input by default."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Name of the field that the values stood under.")
    ] = None,
    json_output: JsonOption = False,
) -> int:
    """Print the lines that hold plain personal data; exit 1 if there is any."""
    is_csv = file is not None and file.name.lower().endswith(CSV_SUFFIXES)
    count = 0
    with _opened(file) as stream:
        for finding in findings_in(stream, key=key, format=Format.CSV if is_csv else Format.LINES):
            count += 1
            _print(finding, json_output)
    if not json_output:
        say(f"Lines with personal data: {count}.")
    return ExitCode.CHECK_FAILED if count else ExitCode.HEALTHY


def _opened(file: Path | None) -> AbstractContextManager[Iterable[bytes]]:
    if file is None or str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        if file.suffix.lower() == ".gz":
            import gzip

            return gzip.open(file, "rb")
        return file.open("rb")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read ({error.strerror or type(error).__name__}); name a file that "
            "exists, or pipe the text in."
        ) from None


def _print(finding: Finding, json_output: bool) -> None:
    if json_output:
        print_json({"line": finding.line, "kinds": finding.kinds, "masked": finding.masked})
    else:
        typer.echo(f"line {finding.line}: {', '.join(finding.kinds)}  {finding.masked}")
