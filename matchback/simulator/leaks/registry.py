"""The registry of leaks, and what a leak works with: victims, the world and the truth."""

import difflib
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import date

import numpy as np

from matchback.core.errors import ConfigError
from matchback.simulator.columns import Array, is_given
from matchback.simulator.events import ORDINARY, RECONCILED
from matchback.simulator.meta import ACCEPTED
from matchback.simulator.options import CAPI_FORMATS, MIXED, LeakRequest, WorldOptions
from matchback.simulator.randomness import random_stream
from matchback.simulator.truth import INVALID_STATUSES, Truth
from matchback.simulator.world import MICROS, FieldPath, World

ALL_FORMATS = frozenset(CAPI_FORMATS)
GTMS_FORMATS = frozenset({"gtms_bigquery", "gtms_console"})
GATEWAY = frozenset({"gateway_audit"})
MIDNIGHT_MARGIN = 15 * 60 * MICROS
BASELINE_DAYS = 3
DEFAULT_COUNT = 4

Inject = Callable[["Injection"], None]


@dataclass
class Leak:
    """One kind of violation: the check it triggers, where it fits; decorates what injects it."""

    name: str
    check_id: str
    summary: str
    _: KW_ONLY
    formats: frozenset[str] = ALL_FORMATS
    default: float = DEFAULT_COUNT
    in_mixed: bool = True
    whole_days: bool = False
    days_needed: int = 1
    parquet_only: bool = False
    keeps_default_in_mixed: bool = False
    inject: Inject = field(init=False)

    def __call__(self, inject: Inject) -> Inject:
        """Register the function that injects this leak."""
        self.inject = inject
        LEAKS[self.name] = self
        return inject


LEAKS: dict[str, Leak] = {}


@dataclass
class Injection:
    """One leak at work: its rate, its random numbers, the world, the truth, who is taken."""

    leak: Leak
    rate: float
    world: World
    truth: Truth
    taken: set[int]
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.random = random_stream(self.world.options.seed, f"leak {self.leak.name}")

    @property
    def options(self) -> WorldOptions:
        """Return the world's options."""
        return self.world.options

    def wanted(self, eligible: int) -> int:
        """Return how many violations the rate asks for."""
        return int(self.rate) if self.rate >= 1 else max(1, round(self.rate * eligible))

    def choose(self, candidates: Array, wanted: int | None = None) -> list[int]:
        """Return victims among browser rows, each of another visitor, and mark them as taken.

        Without a number the rate decides how many; ConfigError when too few are left.
        """
        if wanted is None:
            wanted = self.wanted(len(candidates))
        victims = []
        for row in self.random.permutation(candidates).tolist():
            visitor = int(self.world.client["visitor"][row])
            if visitor in self.taken:
                continue
            self.taken.add(visitor)
            victims.append(row)
            if len(victims) == wanted:
                return victims
        raise ConfigError(
            f"--leak {self.leak.name} wants {wanted} victims but only {len(victims)} are left in "
            f"this world; lower its rate or raise --days or --events-per-day."
        )

    def delivered(self, *names: str) -> Array:
        """Return consented browser rows with one accepted attempt, away from midnight."""
        client, server = self.world.client, self.world.server
        is_accepted = server["alive"] & (server["status"] == ACCEPTED) & (server["client"] >= 0)
        is_sent = np.zeros(len(client), dtype=bool)
        is_sent[server["client"][is_accepted]] = True
        is_candidate = (
            self.world.in_export()
            & is_sent
            & np.isin(client["name"], names or RECONCILED)
            & (client["ads"] == "Yes")
            & self.away_from_midnight()
        )
        return np.flatnonzero(is_candidate)

    def away_from_midnight(self) -> Array:
        """Return which browser rows are so far from midnight that no repeat changes its date."""
        at = self.world.client["at"]
        is_far: Array = self.world.calendar.micros_from_midnight(at) >= MIDNIGHT_MARGIN
        return is_far

    def purchases(self) -> Array:
        """Return delivered purchases with a valid CRM order, of visitors who bought once."""
        client, orders = self.world.client, self.world.orders
        is_valid = ~orders["is_test"] & orders["alive"]
        is_valid &= ~np.isin(orders["status"], list(INVALID_STATUSES))
        buyers, count = np.unique(
            client["visitor"][client["name"] == "purchase"], return_counts=True
        )
        once = buyers[count == 1]
        rows = self.delivered("purchase")
        rows = rows[np.isin(rows, orders["client"][is_valid])]
        rows = rows[np.isin(client["visitor"][rows], once)]
        return rows

    def ordinary(self) -> Array:
        """Return delivered events that are no conversions."""
        return self.delivered(*ORDINARY)

    def without_click(self, rows: Array) -> Array:
        """Return the rows of visitors who came through no advertisement."""
        visitors = self.world.visitors
        came_by_ad = is_given(visitors["fbclid"]) | is_given(visitors["gclid"])
        free: Array = rows[~came_by_ad[self.world.client["visitor"][rows]]]
        return free

    def attempt(self, client_row: int) -> int:
        """Return the attempt that carried a browser event."""
        server = self.world.server
        return int(np.flatnonzero((server["client"] == client_row) & server["alive"])[0])

    def order(self, client_row: int) -> int:
        """Return the CRM order of a purchase."""
        return int(np.flatnonzero(self.world.orders["client"] == client_row)[0])

    def expect(
        self, client_row: int, defect: str | None = None, check_id: str | None = None
    ) -> None:
        """Count one finding on the date of a browser event."""
        day = self.world.date_of_client(client_row)
        self.truth.expect(check_id or self.leak.check_id, day, defect)

    def change_payload(self, client_row: int, path: FieldPath, value: object) -> None:
        """Set a value in the server event of a browser event; None removes it."""
        self.world.payload_patches[self.attempt(client_row)][path] = value

    def drift_dates(self) -> list[date]:
        """Return the dates after those the contract is learned from."""
        return self.options.dates[BASELINE_DAYS:]


def inject_leaks(world: World, truth: Truth) -> None:
    """Inject what the options ask for; whole-day leaks first, victims never shared."""
    requests = _expanded(world.options)
    taken: set[int] = set()
    for request in sorted(requests, key=lambda entry: not LEAKS[entry.name].whole_days):
        chosen = LEAKS[request.name]
        _refuse_impossible(chosen, world.options)
        rate = chosen.default if request.rate is None else request.rate
        chosen.inject(Injection(chosen, rate, world, truth, taken))


def _expanded(options: WorldOptions) -> list[LeakRequest]:
    requests: dict[str, LeakRequest] = {}
    for request in options.leaks:
        if request.name == MIXED:
            for name, entry in LEAKS.items():
                if entry.in_mixed and _obstacle(entry, options) is None:
                    rate = None if entry.keeps_default_in_mixed else request.rate
                    requests.setdefault(name, LeakRequest(name, rate))
        elif request.name in LEAKS:
            requests[request.name] = request
        else:
            near = difflib.get_close_matches(request.name, [*LEAKS, MIXED], 1)
            hint = f"did you mean {near[0]}" if near else "see --list-leaks"
            raise ConfigError(f"--leak {request.name} is unknown; {hint}.")
    return list(requests.values())


def _obstacle(chosen: Leak, options: WorldOptions) -> str | None:
    """Return why a leak cannot be injected into a world, or None."""
    unfit = sorted(set(options.formats) - chosen.formats)
    if unfit:
        return f"cannot be written in the format {unfit[0]}"
    if options.days < chosen.days_needed:
        return f"needs --days {chosen.days_needed} or more"
    if chosen.parquet_only and options.ga4_format != "parquet":
        return "needs --ga4-format parquet"
    return None


def _refuse_impossible(chosen: Leak, options: WorldOptions) -> None:
    obstacle = _obstacle(chosen, options)
    if obstacle:
        raise ConfigError(f"--leak {chosen.name} {obstacle}.")
