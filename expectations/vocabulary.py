"""The closed vocabularies that a reader of the published tables may rely on."""

STATUSES = (
    "test",
    "blocked",
    "denied_not_sent",
    "rejected",
    "unknown_outcome",
    "ghost",
    "crm_only",
    "missing_server",
    "missing_client",
    "duplicate",
    "value_mismatch",
    "matched_probable",
    "matched",
    "unclassified",
)
MATCH_METHODS = ("event_id", "order_id", "canonical_id")
CRM_MATCH_METHODS = ("order_id", "canonical_id")
OUTCOMES = ("accepted", "rejected", "blocked", "unknown")
CHECK_STATUSES = ("pass", "warn", "fail", "insufficient_data", "unknown")
SEVERITIES = ("fail", "warn")
POLICY_DECISIONS = ("allow", "block")
TIERS = ("necessary", "analytics", "marketing")
CONSENT_STATES = ("granted", "denied", "unknown")
GRADES = ("A", "B", "C", "D", "F")
IDENTIFIER_TYPES = ("customer_id", "hashed_email", "click_id", "client_id", "fbp")
EXPORT_KINDS = ("daily", "fresh", "intraday")
