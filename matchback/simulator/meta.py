"""What the simulated tags know of Meta: names of events and keys, and who gets which."""

from matchback.simulator.events import KINDS

META_NAMES = {kind.name: kind.meta_name for kind in KINDS if kind.meta_name}
CANONICAL_NAMES = {meta: name for name, meta in META_NAMES.items()}
PURCHASE = META_NAMES["purchase"]

LEAD_KEYS = ("em", "ph", "external_id")
PLAIN_KEYS = ("fbp", "client_ip_address", "client_user_agent")
THIN_KEYS = ("em", "external_id", "client_user_agent")
IDENTIFYING_KEYS = ("em", "external_id", "fbp")
# Meta's Parameter Builder appends this to what it writes itself.
BUILDER_APPENDIX = ".AQQCAQMC"
BUILDER_KEYS = ("em", "ph", "fbp", "fbc")

GRAPH_URL = "https://graph.facebook.com/v24.0"
ACCEPTED = 200
NO_ANSWER = -1
