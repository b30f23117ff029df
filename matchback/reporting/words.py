"""Plain words for checks, verdicts and surfaces; bounds come from the thresholds seed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckWords:
    """How a check is told to a marketer: its name, the figure's formula, what to do about it."""

    title: str
    formula: str
    fix: str


@dataclass(frozen=True)
class SurfaceWords:
    """How a surface is told: its name and the question it answers."""

    title: str
    question: str


SURFACES = {
    "sgtm": SurfaceWords(
        "Server container", "Is the server set-up in place, and do click ids survive it?"
    ),
    "capi": SurfaceWords("Conversions API", "Does Meta receive what we send, in good shape?"),
    "dedup": SurfaceWords("Deduplication", "Will Meta count each conversion once, not twice?"),
    "hit_ratio": SurfaceWords(
        "Completeness", "Does every real conversion arrive, with the right value?"
    ),
    "pixel_debug": SurfaceWords(
        "Test events", "Do the key events validate end to end, with test traffic kept apart?"
    ),
    "hash_pii": SurfaceWords(
        "Hashing and personal data", "Are identifiers hashed right, and is nothing plain?"
    ),
    "consent": SurfaceWords("Consent", "Does data leave only where the person's choice allows it?"),
    "identity": SurfaceWords("Identity", "Can each conversion be tied to one journey?"),
    "schema": SurfaceWords("Schema", "Did names or types change under our feet?"),
    "freshness": SurfaceWords("Freshness", "Is the data here, complete and of normal size?"),
}

STATUS_WORDS = {
    "pass": "Pass",
    "warn": "Warning",
    "fail": "Fail",
    "insufficient_data": "Too few events",
    "unknown": "Not measured",
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

CHECKS = {
    "hit_ratio": CheckWords(
        "Hit ratio",
        "Accepted server events / browser events with ad consent, per event, dataset and day.",
        "Find the event and day with the lowest ratio, then see which browsers, tags or "
        "errors lose it; a ratio above 1.2 means events the browser never saw.",
    ),
    "hit_ratio_drop": CheckWords(
        "Sudden drop of the hit ratio",
        "Hit ratio of the day / its median over the 14 days before; a ratio under 0.6 counts too.",
        "Look for a release, a tag change or a consent banner change on that date.",
    ),
    "value_consistency": CheckWords(
        "Purchase value agrees",
        "Matched purchases whose value (to 0.01) and currency agree / those with both twice.",
        "Pass value and currency from the same data layer field to both tags; 'defaulted' means "
        "that the server tag filled in USD 0.00 because it got none.",
    ),
    "crm_coverage_server": CheckWords(
        "Orders that reached Meta",
        "Valid CRM orders with an accepted server purchase / valid orders with ad consent.",
        "Open the missing orders: no browser event points to the tag or a blocker, a "
        "rejection to the payload, nothing at all to an order that never crossed the website.",
    ),
    "crm_coverage_client": CheckWords(
        "Orders that GA4 saw",
        "Valid CRM orders with a browser purchase / valid orders.",
        "Fire the purchase tag on the server-confirmed thank-you state and check ad blockers and "
        "payment redirects that skip it.",
    ),
    "ghost_conversion": CheckWords(
        "Conversions without an order",
        "Accepted server purchases without any CRM order / accepted server purchases, final days.",
        "Check that the purchase event fires on payment, not on page load, and that test shops "
        "do not send to the live dataset.",
    ),
    "client_duplicate": CheckWords(
        "Repeated purchases in GA4",
        "Purchase rows beyond the first of an order / purchase rows, over 30 days.",
        "Fire the purchase once: remember the order id when the thank-you page is reloaded.",
    ),
    "order_id_missing": CheckWords(
        "Purchases without order id",
        "Browser purchases without transaction_id / browser purchases.",
        "Put transaction_id into the purchase event's data layer push.",
    ),
    "dedup_rate": CheckWords(
        "Deduplication rate",
        "Matched conversions with the same event_id and event name received within 48 h / matched.",
        "Create one event_id per event in the browser and hand the same value to both tags.",
    ),
    "duplicate_server": CheckWords(
        "Server events accepted twice",
        "Server events accepted more than once / accepted server events.",
        "Stop resending after a success: Meta does not deduplicate server against server. Look for "
        "two tags with one trigger, or retries after a timeout.",
    ),
    "event_id_missing": CheckWords(
        "Server events without event_id",
        "Accepted server events without event_id / accepted server events.",
        "Map event_id in the server tag; without it Meta cannot pair browser and server.",
    ),
    "event_id_reused": CheckWords(
        "Event ids used twice",
        "Event ids found on different orders or events, on one side.",
        "Build a fresh event_id per event; do not cache it for the session or page.",
    ),
    "timestamp_alignment": CheckWords(
        "Browser and server agree on the time",
        "Matched events at most 300 s apart / matched events.",
        "Send the browser's event time, in seconds, instead of the time of processing.",
    ),
    "event_name_consistency": CheckWords(
        "Event names agree",
        "Matched events whose Meta name is the taxonomy's for the GA4 name / matched events.",
        "Correct the event name mapping of the server tag.",
    ),
    "delivery_rejected": CheckWords(
        "Events lost to errors",
        "Events rejected and never accepted later / events attempted.",
        "Read the error classes of the findings: retry heals itself, auth and config need the "
        "owner of the token, permanent needs the payload corrected.",
    ),
    "major_events_present": CheckWords(
        "Major events present",
        "How many of page_view, view_item, add_to_cart, begin_checkout, purchase, generate_lead "
        "and sign_up Meta accepted from the server.",
        "Add a server tag for each event that is missing.",
    ),
    "customer_information": CheckWords(
        "Customer information on purchases",
        "Mean number of the 15 customer-information keys on an accepted purchase.",
        "Work through the match-key roadmap, strongest key first.",
    ),
    "emq_purchase": CheckWords(
        "Event match quality of Purchase",
        "Meta's score of 0 to 10 from the Dataset Quality API; without it an estimate from key "
        "coverage, which has no verdict.",
        "Raise the coverage of the strongest keys in the match-key roadmap.",
    ),
    "action_source": CheckWords(
        "Action source",
        "Server events whose action_source is missing or not on Meta's list.",
        "Set action_source to website for events of the website.",
    ),
    "payload_contract": CheckWords(
        "Payload follows Meta's rules",
        "Server events that break a documented rule / server events.",
        "Correct the fields that the findings name; Meta may answer 200 and not use the event.",
    ),
    "capi_integration": CheckWords(
        "Conversions API in use",
        "As declared under stack in matchback.yml, held against the delivery logs.",
        "Finish the integration, or correct the declaration.",
    ),
    "test_event_in_production": CheckWords(
        "Test code on live events",
        "Events with a test_event_code that belong to live traffic or real orders.",
        "Remove the test event code from the live container: such events count in production.",
    ),
    "test_events_validated": CheckWords(
        "Key events validated end to end",
        "How many of the six test events are seen on both sides with one event_id, the required "
        "parameters and times within 300 s.",
        "Reproduce the missing events once and follow them in the test-event log of the audit.",
    ),
    "plain_pii": CheckWords(
        "Personal data in plain text",
        "Source fields that hold a plain e-mail, phone, card, IBAN, name, address or the like.",
        "Take the value out at its source, the page URL or the form; then ask for deletion where "
        "it went. It caps the grade at D.",
    ),
    "hash_format": CheckWords(
        "Hashes have the right form",
        "Server events with a key that is not 64 lower-case hex digits / accepted server events.",
        "Send SHA-256 as lower-case hex; plain values, MD5, SHA-1 and base64 do not match.",
    ),
    "hash_junk": CheckWords(
        "Hashes of nothing",
        "Purchases with the hash of an empty or placeholder value / purchases with hashes.",
        "Leave the key out when there is no value; do not hash '', null or undefined.",
    ),
    "hash_mismatch": CheckWords(
        "Hashes fit the customer",
        "Purchase hashes equal to an accepted form of the order's field / hashes compared.",
        "The defect names the form that does fit; see the hash forensics for what to change.",
    ),
    "hash_constant": CheckWords(
        "One hash for everybody",
        "Hashes found on more than 1 % of a key's events (at least 20).",
        "A default, guest or shop address is hashed; leave the key out instead.",
    ),
    "never_hash": CheckWords(
        "Hashed although it must not be",
        "Events that send fbp, fbc, client_ip_address or client_user_agent hashed.",
        "Send these four as they are; hashed they match nobody.",
    ),
    "secret_in_log": CheckWords(
        "Secrets in the logs",
        "Log rows that hold an access token or a webhook URL.",
        "Rotate the token, and switch its logging off in the tag or proxy.",
    ),
    "hash_convention": CheckWords(
        "Hash convention",
        "As declared under stack in matchback.yml, held against the hashes sent.",
        "Write down which fields are hashed how, and hold the tags to it.",
    ),
    "sgtm_custom_domain": CheckWords(
        "Server container on its own domain",
        "As declared under stack in matchback.yml.",
        "Serve the container from a subdomain of the shop, so that cookies live as first party.",
    ),
    "ga4_via_sgtm": CheckWords(
        "GA4 through the server container",
        "As declared under stack in matchback.yml, held against the gateway's records.",
        "Point the GA4 tag's server_container_url at the container.",
    ),
    "click_id_lost": CheckWords(
        "Click ids lost on the way",
        "Conversions of ad-click journeys without their click id / such conversions.",
        "Keep the landing page's fbclid in the _fbc cookie for 90 days and forward it.",
    ),
    "click_id_malformed": CheckWords(
        "Malformed click ids",
        "fbc and fbp values not in Meta's format / values sent.",
        "Send fb.1.<milliseconds>.<id> exactly as the cookie holds it, case kept.",
    ),
    "consent_violation": CheckWords(
        "Sent without consent",
        "Deliveries that the policy forbids for the person's effective choice.",
        "Stop the destination for the case that the findings name, then ask it to delete what it "
        "got. It caps the grade at D.",
    ),
    "over_blocked": CheckWords(
        "Blocked although allowed",
        "Blocked deliveries that the policy allows / blocked and allowed deliveries.",
        "Correct the gateway rule: these conversions could have been sent.",
    ),
    "field_minimisation": CheckWords(
        "Fields beyond the policy",
        "Fields sent that the destination's policy does not allow.",
        "Strip the field for this destination, or add it to the policy with a reason.",
    ),
    "consent_desync": CheckWords(
        "Browser and server disagree on consent",
        "Matched events whose consent differs between browser and gateway / those with both.",
        "Hand the consent state on with each event instead of reading it twice.",
    ),
    "consent_proof": CheckWords(
        "Consent without proof",
        "Grants without notice version, and blocked deliveries without a reason.",
        "Record notice version and time with every choice, and a reason with every block.",
    ),
    "retention_overdue": CheckWords(
        "Kept longer than the policy",
        "Rows with personal references older than the retention period.",
        "Run matchback retention.",
    ),
    "erasure_overdue": CheckWords(
        "Erasure requests past due",
        "Erasure requests past their date with rows left.",
        "Run matchback erase for each of them.",
    ),
    "canonical_id_missing": CheckWords(
        "Conversions without any identifier",
        "Conversions without customer, e-mail, click or browser id on any side / conversions.",
        "Send external_id and fbp with every conversion.",
    ),
    "canonical_id_conflict": CheckWords(
        "One conversion, two journeys",
        "Conversions whose sides resolve to different journeys / conversions.",
        "Look for shared devices, recycled ids or an order tied to the wrong customer.",
    ),
    "schema_drift": CheckWords(
        "Changes of columns and parameters",
        "Differences from the versioned contract; removed, retyped, flipped or dropped breaks.",
        "Ask the owner of the release named beside it; matchback contract accept takes it over.",
    ),
    "taxonomy": CheckWords(
        "Names outside the taxonomy",
        "GA4 rows with an event or parameter name that the taxonomy does not know / rows.",
        "Rename it, or add it under taxonomy in matchback.yml.",
    ),
    "source_freshness": CheckWords(
        "Data is fresh",
        "Age of the newest row of each source at the end of the window.",
        "Check the export or delivery job of the source that is late.",
    ),
    "load_completeness": CheckWords(
        "Every row accounted for",
        "Files with quarantined rows, or whose rows read are not loaded + quarantined + duplicate.",
        "See the reasons in quarantine, correct the file, then run matchback replay.",
    ),
    "volume_anomaly": CheckWords(
        "Usual volume",
        "Daily counts outside the band of the same weekday in the weeks before.",
        "Compare with campaigns and outages; a quiet day is either real or a broken tag.",
    ),
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


def check_words(check_id: str) -> CheckWords:
    """Return the words of a check; an unknown one is told by its id."""
    return CHECKS.get(check_id) or CheckWords(check_id.replace("_", " ").capitalize(), "", "")


def surface_words(surface: str) -> SurfaceWords:
    """Return the words of a surface; an unknown one is told by its id."""
    return SURFACES.get(surface) or SurfaceWords(surface.replace("_", " ").capitalize(), "", "")


def verdict_words(status: str) -> VerdictWords:
    """Return the words of a verdict; an unknown one is told by its name."""
    return VERDICTS.get(status) or VerdictWords(status.replace("_", " "), "", "none")


def defect_words(defect: str) -> str:
    """Return the words of a defect; an unknown one is told by its name."""
    return DEFECT_WORDS.get(defect) or defect.replace("_", " ")
