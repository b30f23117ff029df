"""Keyed digests (HMAC-SHA256), the same in Python and in SQL, and where their keys lie."""

import hashlib
import hmac
import os
import secrets

from matchback.config import Config
from matchback.core.errors import ConfigError
from matchback.core.settings import SUPPRESSION_KEY, Settings
from matchback.warehouse.base import Warehouse, first
from matchback.warehouse.dialects import Dialect

BLOCK = 64
PURPOSE = "suppressions"
# A row of the suppression list by which a key is known to be the one that wrote it.
KEY_CHECK = "key_check"


class KeyedDigests:
    """Digests under one key, which never lies in the warehouse."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, warehouse: Warehouse, config: Config) -> "KeyedDigests":
        """Return the digests of a warehouse's suppression list, making the key of a new list.

        ConfigError when the list was written with a key that is not at hand.
        """
        key = key_at_hand(config) or _moved_out(warehouse, config)
        is_written = bool(warehouse.rows("select 1 as one from ops.suppressions limit 1"))
        if key is None and is_written:
            raise ConfigError(_not_at_hand(config))
        digests = cls(key or _made(config))
        checks = warehouse.rows(
            "select digest from ops.suppressions where request_id = ?", [KEY_CHECK]
        )
        mine = digests.digest(KEY_CHECK)
        if checks and mine not in {row["digest"] for row in checks}:
            raise ConfigError(_not_at_hand(config))
        return digests

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


def key_at_hand(config: Config) -> bytes | None:
    """Return the key of the environment or the config, else of the key file."""
    given = Settings.from_environment().environment.get(SUPPRESSION_KEY)
    if given:
        return given.encode()
    if config.privacy.hmac_key:
        return config.privacy.hmac_key.get_secret_value().encode()
    try:
        return bytes.fromhex(config.suppression_key_file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except ValueError:
        raise ConfigError(_not_at_hand(config)) from None


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


def _moved_out(warehouse: Warehouse, config: Config) -> bytes | None:
    """Take the key that an older version kept in the warehouse out of it."""
    query = "select secret from ops.digest_keys where purpose = ?"
    row = first(warehouse.rows(query, [PURPOSE]))
    if row is None:
        return None
    key = bytes.fromhex(row["secret"])
    _write(config, key)
    warehouse.execute("delete from ops.digest_keys where purpose = ?", [PURPOSE])
    return key


def _made(config: Config) -> bytes:
    key = secrets.token_bytes(32)
    _write(config, key)
    return key


def _write(config: Config, key: bytes) -> None:
    path = config.suppression_key_file
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())


def _not_at_hand(config: Config) -> str:
    key_file = config.suppression_key_file.relative_to(config.root)
    return (
        "Erased persons are kept away by a list whose key is not at hand: bring back "
        f"{SUPPRESSION_KEY} or {key_file}, then run again; nothing was loaded and nobody erased."
    )
