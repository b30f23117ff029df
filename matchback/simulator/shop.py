"""The shop that is simulated: its customers' countries, devices and channels, its pages."""

EUROPE = (("DE", "", 0.58), ("FR", "", 0.18), ("GB", "", 0.10), ("SE", "", 0.06))
AMERICA = (("US", "CA", 0.04), ("US", "CO", 0.02), ("US", "VA", 0.02), ("US", "TX", 0.02))
CONSENT_EUROPE = (
    ("granted", 0.84),
    ("denied", 0.10),
    ("analytics_only", 0.04),
    ("withdraws", 0.02),
)
CONSENT_AMERICA_GATEWAY = (("granted", 0.3), ("unset", 0.3), ("gpc", 0.3), ("denied", 0.1))
GPC_BINDING_REGIONS = ("CA", "CO")
DEVICES = (
    ("mobile", "Android", "Chrome", "139.0.0.0", "412x915", 0.34),
    ("mobile", "iOS", "Safari", "18.6", "390x844", 0.22),
    ("desktop", "Windows", "Chrome", "139.0.0.0", "1920x1080", 0.24),
    ("desktop", "Windows", "Edge", "139.0.0.0", "1536x864", 0.06),
    ("desktop", "Macintosh", "Safari", "18.6", "1512x982", 0.10),
    ("tablet", "Android", "Chrome", "139.0.0.0", "800x1280", 0.04),
)
USER_AGENTS = (
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 15; Tablet) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Safari/537.36",
)
LANGUAGES = {"DE": "de-de", "FR": "fr-fr", "GB": "en-gb", "SE": "sv-se", "US": "en-us"}
CHANNELS = (
    ("(direct)", "(none)", "(direct)", 0.34),
    ("google", "organic", "(organic)", 0.22),
    ("facebook", "paid", "spring_sale", 0.22),
    ("google", "cpc", "brand_search", 0.14),
    ("newsletter", "email", "weekly_letter", 0.08),
)
FACEBOOK, GOOGLE_ADS = 2, 3
CATEGORIES = ("shoes", "jackets", "bags", "socks")
SEARCH_TERMS = ("red shoes", "rain jacket", "wool socks", "backpack", "gift card")
ORDER_STATUSES = (("paid", 0.90), ("fulfilled", 0.04), ("refunded", 0.03), ("cancelled", 0.03))
