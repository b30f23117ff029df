"""Keyed digests (HMAC-SHA256) with a key of this warehouse, the same in Python and in SQL."""

import hashlib
import hmac
import secrets

from matchback.config import Config
from matchback.warehouse.base import Warehouse, first
from matchback.warehouse.dialects import Dialect

BLOCK = 64
PURPOSE = "suppressions"


class KeyedDigests:
    """Digests under one key; the key is the configured one, else the warehouse's own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, warehouse: Warehouse, config: Config) -> "KeyedDigests":
        """Return the digests of a warehouse, making its key when there is none."""
        if config.privacy.hmac_key:
            return cls(config.privacy.hmac_key.get_secret_value().encode())
        return cls(own_key(warehouse, PURPOSE))

    def digest(self, text: str) -> str:
        """Return the digest of a text in hex."""
        return hmac.new(self._key, text.encode(errors="replace"), hashlib.sha256).hexdigest()

    def in_sql(self, expression: str, dialect: Dialect) -> tuple[str, dict[str, bytes]]:
        """Return SQL that digests an expression, and the two values it binds."""
        short = hashlib.sha256(self._key).digest() if len(self._key) > BLOCK else self._key
        padded = short.ljust(BLOCK, b"\0")
        pads = {
            "inner_pad": bytes(byte ^ 0x36 for byte in padded),
            "outer_pad": bytes(byte ^ 0x5C for byte in padded),
        }
        return dialect.keyed_digest(expression, *pads), pads


def own_key(warehouse: Warehouse, purpose: str) -> bytes:
    """Return this warehouse's own key for a purpose, made when there is none."""
    query = "select secret from ops.digest_keys where purpose = ?"
    row = first(warehouse.rows(query, [purpose]))
    if row is None:
        warehouse.execute(
            "insert into ops.digest_keys (purpose, secret) values (?, ?)",
            [purpose, secrets.token_hex(32)],
        )
        row = warehouse.rows(query, [purpose])[0]
    return bytes.fromhex(row["secret"])
