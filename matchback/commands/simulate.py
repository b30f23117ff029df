"""`matchback simulate`: write a realistic world whose violations are known."""

from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from matchback.commands.common import JsonOption, exits_with_code, print_json, say
from matchback.core.errors import ConfigError, ExitCode
from matchback.simulator.options import CAPI_FORMATS, GA4_FORMATS, PRESETS, WorldOptions, parse_leak

DEFAULTS = WorldOptions()


def _read_date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} '{text}' is no date; write it like 2026-11-09.") from None


@exits_with_code
def simulate(
    out: Annotated[Path | None, typer.Option(help="The new folder to write.")] = None,
    days: Annotated[int | None, typer.Option(help="Dates in the world.")] = None,
    events_per_day: Annotated[int | None, typer.Option(help="GA4 rows a day, on average.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same bytes.")] = None,
    start: Annotated[str | None, typer.Option(help="The first date.")] = None,
    today: Annotated[
        str | None, typer.Option(help="The date a run shall pretend; decides what is final.")
    ] = None,
    log_format: Annotated[
        list[str] | None,
        typer.Option("--format", help=f"Delivery log: {', '.join(CAPI_FORMATS)}; repeatable."),
    ] = None,
    ga4_format: Annotated[str | None, typer.Option(help=f"{', '.join(GA4_FORMATS)}.")] = None,
    intraday: Annotated[bool, typer.Option(help="Add an intraday shard of the last date.")] = False,
    leak: Annotated[
        list[str] | None,
        typer.Option(help="NAME or NAME=RATE (share below 1, else count); 'mixed' is all."),
    ] = None,
    preset: Annotated[str | None, typer.Option(help=f"{', '.join(PRESETS)}.")] = None,
    list_leaks: Annotated[bool, typer.Option(help="Show the leaks and stop.")] = False,
    json_output: JsonOption = False,
) -> int:
    """Write a realistic, labelled world: GA4, delivery logs, CRM, consent log, config, truth."""
    if list_leaks:
        return _list_leaks(json_output)
    if out is None:
        raise ConfigError("--out is missing; name the folder to write, for example --out world.")
    if preset is not None and preset not in PRESETS:
        raise ConfigError(f"--preset {preset} is unknown; choose from {', '.join(PRESETS)}.")
    given: dict[str, Any] = {
        "days": days,
        "events_per_day": events_per_day,
        "seed": seed,
        "start": _read_date("--start", start) if start else None,
        "today": _read_date("--today", today) if today else None,
        "formats": tuple(log_format) if log_format else None,
        "ga4_format": ga4_format,
        "intraday": intraday or None,
        "leaks": tuple(parse_leak(text) for text in leak) if leak else None,
    }
    base = PRESETS[preset] if preset else DEFAULTS
    options = replace(base, **{name: value for name, value in given.items() if value is not None})

    from matchback.simulator.simulate import simulate_world

    written = simulate_world(options, out)
    if json_output:
        print_json(asdict(written) | {"status": "ok", "exit_code": int(ExitCode.HEALTHY)})
    else:
        say(
            f"Wrote {out}: {written.ga4_rows} GA4 rows, {written.delivery_attempts} deliveries, "
            f"{written.orders} orders; {sum(written.findings.values())} findings expected."
        )
        say(
            f"Next: cd {out} && matchback run --start {options.start} --end {options.end} "
            f"--as-of {options.as_of_date}T12:00:00Z"
        )
    return ExitCode.HEALTHY


def _list_leaks(json_output: bool) -> int:
    from matchback.simulator.leaks import LEAKS

    if json_output:
        print_json(
            {
                "leaks": [
                    {
                        "name": entry.name,
                        "check_id": entry.check_id,
                        "summary": entry.summary,
                        "formats": sorted(entry.formats),
                        "default": entry.default,
                    }
                    for entry in LEAKS.values()
                ]
            }
        )
        return ExitCode.HEALTHY
    for entry in LEAKS.values():
        typer.echo(f"{entry.name:26} {entry.check_id:24} {entry.summary}")
    return ExitCode.HEALTHY
