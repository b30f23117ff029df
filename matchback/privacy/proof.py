"""The proof of an erasure: counts and digests, one proof chained to the one before."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.privacy.digests import KeyedDigests
from matchback.warehouse.base import Warehouse, fetch, first

POLICY_VERSION = 1


@dataclass(frozen=True)
class _Link:
    proof_hash: str


@dataclass(frozen=True)
class Proof:
    """What was erased, chained to the proof before it by its hash."""

    request_id: str
    person_digest: str
    requested_at: str
    rows_before: dict[str, int]
    rows_after: dict[str, int]
    versions: dict[str, str]
    previous_hash: str

    @property
    def proof_hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def prove(
    warehouse: Warehouse,
    digests: KeyedDigests,
    person: str,
    before: dict[str, int],
    after: dict[str, int],
    config: Config,
    clock: Clock,
) -> Proof:
    """Write the proof of an erasure."""
    query = (
        "select proof_hash from ops.erasure_requests "
        "order by requested_at desc, request_id desc limit 1"
    )
    last = first(fetch(warehouse, _Link, query))
    now = in_utc(clock.now)
    proof = Proof(
        request_id=f"{clock.now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        person_digest=digests.digest(person.strip().lower()),
        requested_at=now.isoformat(),
        rows_before=before,
        rows_after=after,
        versions={"matchback": version("matchback"), "policy": str(POLICY_VERSION)},
        previous_hash=last.proof_hash if last else "",
    )
    warehouse.execute(
        "insert into ops.erasure_requests (request_id, person_digest, requested_at, due_at, "
        "completed_at, rows_before, rows_after, versions, previous_hash, proof_hash) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            proof.request_id,
            proof.person_digest,
            now,
            now + timedelta(days=config.retention.erasure_due_days),
            now,
            json.dumps(before),
            json.dumps(after),
            json.dumps(proof.versions),
            proof.previous_hash,
            proof.proof_hash,
        ],
    )
    return proof


def in_utc(moment: datetime) -> datetime:
    """Return a time as the warehouse writes it: in UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
