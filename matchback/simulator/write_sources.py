"""Writes the CRM orders, the consent log, the release markers and the config of a world."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson

from matchback.simulator.options import WorldOptions
from matchback.simulator.people import Person
from matchback.simulator.world import MICROS, World, customer_id
from matchback.simulator.write_capi import STEMS, utc_text

CRM_COLUMNS = {
    "order_id": "Name",
    "customer_id": "Customer ID",
    "ordered_at": "Created at",
    "status": "Status",
    "value": "Total",
    "currency": "Currency",
    "email": "Email",
    "phone": "Phone",
    "first_name": "First name",
    "last_name": "Last name",
    "city": "City",
    "state": "Province",
    "zip": "Zip",
    "country": "Country",
    "is_test": "Test",
}
NOTE_COLUMN = "Note"


def write_crm_orders(world: World, path: Path) -> None:
    """Write the orders in order of time, contact fields as a shop holds them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    orders = world.orders
    rows = np.flatnonzero(orders["alive"])
    rows = rows[np.argsort(orders["ordered_at"][rows], kind="stable")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*CRM_COLUMNS.values(), NOTE_COLUMN])
        for row in rows.tolist():
            visitor = int(orders["visitor"][row])
            contact = contact_columns(world.person(visitor), row) | world.contact_patches.get(
                row, {}
            )
            ordered_at = datetime.fromtimestamp(int(orders["ordered_at"][row]) // MICROS, tz=UTC)
            local = ordered_at.astimezone(world.options.zone)
            writer.writerow(
                [
                    orders["order_id"][row],
                    customer_id(visitor),
                    f"{local:%Y-%m-%d %H:%M:%S}",
                    orders["status"][row],
                    f"{orders['value'][row] / 100:.2f}",
                    orders["currency"][row],
                    *contact.values(),
                    "true" if orders["is_test"][row] else "false",
                    orders["note"][row],
                ]
            )


def contact_columns(person: Person, row: int) -> dict[str, str]:
    """Return a person's contact fields; every third mailbox begins with a capital."""
    email = person.email.capitalize() if row % 3 == 1 else person.email
    return {
        "email": email,
        "phone": person.written_phone(international=row % 2 == 0),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "city": person.city,
        "state": person.state,
        "zip": person.zip_code,
        "country": person.country,
    }


def write_consent_log(world: World, path: Path) -> None:
    """Write one decision a line, in order of time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for decision in sorted(world.decisions, key=lambda entry: (entry.at, entry.visitor)):
        line: dict[str, object] = {"timestamp": utc_text(decision.at)}
        if decision.with_user:
            line["user_id"] = customer_id(decision.visitor)
        line["client_id"] = world.visitors["client_id"][decision.visitor]
        if decision.notice_version is not None:
            line["notice_version"] = decision.notice_version
        line |= {
            "jurisdiction": decision.jurisdiction,
            "gpc": decision.gpc,
            "necessary": True,
            "analytics": decision.analytics,
            "marketing": decision.marketing,
            "action": decision.action,
        }
        lines.append(orjson.dumps(line) + b"\n")
    path.write_bytes(b"".join(lines))


def write_releases(options: WorldOptions, path: Path) -> None:
    """Write two release markers: a harmless one, and one where drift leaks begin."""
    markers = [(options.start, "ga4", "shop 4.1")]
    if options.days > 3:
        markers.append((options.start + timedelta(days=3), "ga4", "checkout 2.0"))
    lines = ["date,component,name", *(f"{day},{part},{name}" for day, part, name in markers)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_config(options: WorldOptions, path: Path) -> None:
    """Write a matchback.yml that runs on the world as it is."""
    columns = ", ".join(f'{name}: "{header}"' for name, header in CRM_COLUMNS.items())
    logs = "\n".join(
        f'    - {{format: {name}, path: "data/capi/{STEMS[name][0]}_*.{STEMS[name][1]}", '
        f'dataset_id: "{options.dataset_id}"}}'
        for name in options.formats
    )
    path.write_text(
        f"""\
property: {{timezone: {options.timezone}, default_country: DE, currency: EUR}}
warehouse: {{engine: duckdb, path: warehouse.duckdb}}
sources:
  ga4:
    kind: files
    path: "data/ga4/events_*.{options.ga4_format}"
    event_id_params: [event_id, x-fb-event_id]
  capi:
{logs}
  crm: {{path: "data/crm/orders_*.csv", timezone: {options.timezone}, free_text: [{NOTE_COLUMN}],
    columns: {{{columns}}}}}
  consent: {{path: "data/consent/*.jsonl"}}
flow_map: {{owners: {{ga4: web-team, capi: data-team, crm: sales-ops}}, releases: releases.csv}}
identity: {{precedence: [customer_id, hashed_email, click_id, client_id]}}
""",
        encoding="utf-8",
    )
