"""Digests of values that stand for nothing: empty texts, placeholders, dummy contacts.

Each placeholder is taken as it is, in lower case, in upper case and trimmed, and hashed in every
way a pipeline does. `python -m matchback.hashing.junk` writes the dbt seed from this list.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import md5, sha1, sha256

PLACEHOLDERS = (
    *("", " ", "-", "--", "---", ".", "+", "?", "*", "_", "{}", "[]", '""', "''", "()"),
    *("null", "Null", "nil", "None", "undefined", "NaN", "na", "n/a", "n.a.", "(null)", "(none)"),
    *("unknown", "not set", "(not set)", "not provided", "(not provided)", "not available"),
    *("no email", "noemail", "noreply", "no phone", "no name", "[object Object]", "true", "false"),
    *("test", "tester", "testing", "guest", "anonymous", "anonymized", "deleted", "redacted"),
    *("removed", "hidden", "dummy", "placeholder", "example", "email", "phone"),
    *("test@test.com", "test@example.com", "example@example.com", "user@example.com"),
    *("email@example.com", "email@email.com", "no@email.com", "noemail@noemail.com"),
    *(
        "none@none.com",
        "null@null.com",
        "a@a.com",
        "a@b.com",
        "guest@guest.com",
        "guest@example.com",
    ),
    *("admin@example.com", "unknown@unknown.com", "na@na.com", "xxx@xxx.com", "x@x.com"),
    *("0", "00", "000", "0000", "00000", "000000", "0000000000", "1", "1111111111", "1234567890"),
    *("123456789", "11111", "99999", "5555555555", "9999999999", "+0", "+10000000000"),
    *("xx", "xxx", "xxxx", "zz", "19000101", "19700101", "00000000", "1900-01-01", "1970-01-01"),
    *("0000-00-00", "01/01/1900", "01/01/1970"),
)


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha1(text: str) -> str:
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


ALGORITHMS: dict[str, Callable[[str], str]] = {
    "sha256": _sha256,
    "md5": _md5,
    "sha1": _sha1,
    "sha256_of_sha256": lambda text: _sha256(_sha256(text)),
    "sha256_of_md5": lambda text: _sha256(_md5(text)),
}


def junk_rows() -> Iterator[tuple[str, str, str]]:
    """Yield (digest, algorithm, placeholder) once per digest, in a stable order."""
    seen: set[str] = set()
    for placeholder in PLACEHOLDERS:
        spellings = (placeholder, placeholder.lower(), placeholder.upper(), placeholder.strip())
        for spelling in dict.fromkeys(spellings):
            for algorithm, digest_of in ALGORITHMS.items():
                digest = digest_of(spelling)
                if digest not in seen:
                    seen.add(digest)
                    yield digest, algorithm, _shown(spelling)


@cache
def junk_digests() -> frozenset[str]:
    """Return every digest of a placeholder."""
    return frozenset(digest for digest, _, _ in junk_rows())


def _shown(spelling: str) -> str:
    return {"": "(empty)", " ": "(space)"}.get(spelling, spelling)


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("digest", "algorithm", "placeholder"))
    writer.writerows(junk_rows())
