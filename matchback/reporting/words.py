"""Plain words for statuses, verdicts and defects; checks and surfaces have theirs in seeds."""

from dataclasses import dataclass

STATUS_WORDS = {
    "pass": "Pass",
    "warn": "Warning",
    "fail": "Fail",
    "insufficient_data": "Too few events",
    "unknown": "Not measured",
}
RESULT_WORDS = {
    "pass": "PASS",
    "warn": "WARNING",
    "fail": "FAIL",
    "insufficient_data": "TOO FEW EVENTS",
    "unknown": "NOT MEASURED",
}
STATUS_ORDER = ("fail", "warn", "insufficient_data", "unknown", "pass")


@dataclass(frozen=True)
class VerdictWords:
    """How a verdict is told; `risk` says what it does to the money: lost, distorted or none."""

    title: str
    meaning: str
    risk: str


VERDICTS = {
    "matched": VerdictWords("Matched", "Browser and server agree.", "none"),
    "matched_probable": VerdictWords(
        "Probably matched", "Same journey, same event, close in time; no shared id.", "none"
    ),
    "missing_server": VerdictWords(
        "Missing at Meta", "The browser saw it, no server event reached Meta.", "lost"
    ),
    "crm_only": VerdictWords(
        "Only in the CRM", "A real order that neither browser nor server reported.", "lost"
    ),
    "rejected": VerdictWords("Rejected by Meta", "Sent, and refused with an error.", "lost"),
    "unknown_outcome": VerdictWords(
        "No answer", "Sent, but no response was logged; it may have arrived.", "lost"
    ),
    "missing_client": VerdictWords(
        "Missing in GA4", "The server sent it, the browser did not report it.", "none"
    ),
    "ghost": VerdictWords(
        "No such order", "Meta counted a purchase that the CRM does not know.", "distorted"
    ),
    "duplicate": VerdictWords(
        "Counted twice", "The same server event was accepted more than once.", "distorted"
    ),
    "value_mismatch": VerdictWords(
        "Wrong value", "Both sides have it, with different value or currency.", "distorted"
    ),
    "denied_not_sent": VerdictWords(
        "Not sent, consent denied", "Rightly kept back; not a loss.", "none"
    ),
    "blocked": VerdictWords(
        "Blocked by the gateway", "The consent gateway decided against sending.", "none"
    ),
    "test": VerdictWords("Test event", "Sent with a test event code; kept apart.", "none"),
    "unclassified": VerdictWords("Unclassified", "Fits no rule; look at its reasons.", "none"),
}  # fmt: skip

DEFECT_WORDS = {
    "plain": "sent plain",
    "md5": "MD5 instead of SHA-256",
    "sha1": "SHA-1 instead of SHA-256",
    "sha512": "SHA-512 instead of SHA-256",
    "base64": "base64 instead of hex",
    "upper_case": "upper-case hex",
    "truncated": "cut short",
    "not_lowercased": "hashed without lower-casing",
    "not_trimmed": "hashed with surrounding spaces",
    "double_hashed": "hashed twice",
    "md5_then_sha256": "MD5 first, then SHA-256",
    "missing_country_code": "phone without country code",
    "e164_plus": "phone with a plus sign (right for Google, wrong for Meta)",
    "gmail_folded": "dots or +tag of the address removed (right for Google, wrong for Meta)",
    "other_customer": "belongs to another customer",
    "unexplained": "fits no known form",
    "lost": "rejected and never accepted",
    "recovered": "rejected, accepted on another attempt",
    "defaulted": "USD 0.00 filled in by the tag",
    "no_consent": "no consent",
    "unknown_consent": "no choice known",
    "gpc": "Global Privacy Control set",
    "withdrawn": "consent withdrawn before",
    "pre_consent": "sent before the first choice",
    "basis_mismatch": "sent on the wrong legal basis",
}

DEFECT_FIXES = {
    "plain": "Hash with SHA-256 before sending.",
    "md5": "Use SHA-256, lower-case hex.",
    "sha1": "Use SHA-256, lower-case hex.",
    "sha512": "Use SHA-256, lower-case hex.",
    "base64": "Encode the digest as lower-case hex.",
    "upper_case": "Write the hex digits in lower case.",
    "truncated": "Widen the field: a SHA-256 has 64 hex digits.",
    "not_lowercased": "Lower-case before hashing.",
    "not_trimmed": "Trim before hashing.",
    "double_hashed": "Hash once: the value arrives hashed already.",
    "md5_then_sha256": "Hash the plain value, not its MD5.",
    "missing_country_code": "Complete the number with its country code.",
    "e164_plus": "Remove the plus sign for Meta.",
    "gmail_folded": "Hash the address as given, only trimmed and lower-cased.",
    "other_customer": "Do not reuse stored user data across sessions.",
    "unexplained": "Compare one value with `matchback hash`.",
}


def verdict_words(status: str) -> VerdictWords:
    """Return the words of a verdict; an unknown one is told by its name."""
    return VERDICTS.get(status) or VerdictWords(status.replace("_", " "), "", "none")


def defect_words(defect: str) -> str:
    """Return the words of a defect; an unknown one is told by its name."""
    return DEFECT_WORDS.get(defect) or defect.replace("_", " ")
