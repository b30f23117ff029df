"""What a destination is: its names, paths, keys, rules and answers, read from `<name>.yml`."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from matchback.core.errors import ConfigError

FOLDER = Path(__file__).parent
POLICIES = "policies"

Tier = Literal["necessary", "analytics", "marketing"]
Hash = Literal["required", "optional", "never", "none"]
CanonicalField = Literal[
    "event_name",
    "event_id",
    "event_time",
    "action_source",
    "event_source_url",
    "order_id",
    "lead_id",
    "value",
    "currency",
]
ErrorClass = Literal[
    "retry",
    "transient",
    "auth",
    "config",
    "permanent",
    "consent",
    "already_there",
    "unattributed",
]
# Characters that would end a literal of the generated macro.
Pattern = Annotated[str, Field(pattern=r"^[^'\\]+$")]
JsonPath = Annotated[str, Field(pattern=r"^\$([.][A-Za-z0-9_]+)*$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


def _one_is_a_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


# The first path that holds a value counts: a destination may have an older shape.
JsonPaths = Annotated[list[JsonPath], Field(min_length=1), BeforeValidator(_one_is_a_list)]


class Part(BaseModel):
    """A part of a definition; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(Part):
    """What consent a destination needs and which fields it may get."""

    required_tier: Tier
    allowed_fields: list[str]


class Account(Part):
    """Where the destination's account of an event stands in a log."""

    label: str
    in_url: Pattern | None = None
    in_message: Pattern | None = None
    in_request: JsonPath | None = None


class Request(Part):
    """What a request of the destination looks like."""

    urls: Pattern
    events: JsonPath
    test_code: JsonPath | None = None


class Answer(Part):
    """How a logged answer is read: an error or a foreign code rejects, a full count accepts."""

    trace_ids: JsonPaths
    error: JsonPath | None = None
    error_code: JsonPath
    error_subcode: JsonPath | None = None
    received_count: JsonPath | None = None
    accepted_codes: list[str] = []
    unknown_codes: list[str] = []


class CodeClass(Part):
    """The class of some error codes, of one subcode or of all others."""

    error_class: ErrorClass = Field(alias="class")
    codes: list[int | str] = Field(min_length=1)
    subcode: int | str | None = None


class StatusClass(Part):
    """The class of a range of HTTP statuses, for answers whose code is not known."""

    error_class: ErrorClass = Field(alias="class")
    first: int = Field(alias="from")
    last: int = Field(alias="to")


class ErrorClasses(Part):
    """What to do about a rejection."""

    codes: list[CodeClass]
    statuses: list[StatusClass]
    otherwise: ErrorClass


class Items(Part):
    """The list of products and the keys of one product."""

    path: JsonPath
    item_id: Name
    quantity: Name
    price: Name


class Payload(Part):
    """Keys of one event by the object they stand in."""

    top: list[Name]
    objects: dict[Name, list[Name]]
    other_objects: list[Name] = []
    identifiers_in: Name


class Identity(Part):
    """The kind of identifier that a key names a journey by, and which part of it does."""

    node: Literal["customer_id", "hashed_email", "click_id", "client_id", "fbp"]
    part: Pattern | None = None


class Click(Part):
    """The landing parameter and cookie that a click id comes from."""

    landing_parameter: str
    cookie: str | None = None


class Match(Part):
    """What a customer-information key is worth for matching; weights add up to 10."""

    label: str
    weight: float = Field(gt=0)
    effect: Literal["high", "medium", "low"]
    advice: str


class Identifier(Part):
    """A key of the payload that points at a person or a click."""

    path: JsonPath | None = None
    is_list: bool = False
    hash: Hash = "none"
    pattern: Pattern | None = None
    pattern_in_words: str | None = None
    identity: Identity | None = None
    click: Click | None = None
    match: Match | None = None


class Condition(Part):
    """A canonical field that must hold a word for a rule to apply."""

    field: CanonicalField
    value: str = Field(alias="is")


class RequiredFields(Part):
    """A documented rule: fields that must be there, always or under a condition."""

    rule: Name
    fields: list[Name] = Field(min_length=1)
    when: Condition | None = None


class Bounds(Part):
    """How many customer-information keys pass and warn."""

    passes_from: int
    warns_from: int


class Rules(Part):
    """The destination's documented rules of a payload."""

    required: list[RequiredFields]
    insufficient: list[list[Name]] = []
    max_age_days: int
    max_age_days_by_action_source: dict[str, int] = {}
    action_sources: list[str] = []
    customer_information: Bounds | None = None


class Deduplication(Part):
    """The pair that the destination merges; no window is for ever."""

    key: list[CanonicalField]
    window_hours: int | None = None
    server_repeats: Literal["counted", "merged_in_window", "refused"]


class Destination(Policy):
    """A reconciled destination."""

    name: Name
    label: str
    is_default: bool = False
    account: Account
    request: Request
    answer: Answer
    error_classes: ErrorClasses
    events: dict[Name, list[str]]
    time_format: Literal["unix_seconds", "iso8601"] = "unix_seconds"
    fields: dict[CanonicalField, JsonPaths]
    items: Items
    payload: Payload
    identifiers: dict[Name, Identifier]
    rules: Rules
    deduplication: Deduplication

    @model_validator(mode="after")
    def _names_what_it_defines(self) -> "Destination":
        known = {*self.fields, *self.identifiers, *self.objects}
        for required in self.rules.required:
            if unknown := set(required.fields) - known:
                raise ValueError(f"rule {required.rule} asks for unknown {sorted(unknown)}")
        for keys in self.rules.insufficient:
            if unknown := set(keys) - set(self.identifiers):
                raise ValueError(f"a set of rules.insufficient holds unknown {sorted(unknown)}")
        return self

    @property
    def objects(self) -> dict[str, list[str]]:
        """Return the keys of a payload by the object they stand in."""
        return {self.payload.identifiers_in: list(self.identifiers), **self.payload.objects}

    def identifier_path(self, key: str) -> str:
        """Return where an identifier stands in the payload, as a JSON path."""
        return self.identifiers[key].path or f"$.{self.payload.identifiers_in}.{key}"

    def path_of(self, name: str) -> list[str]:
        """Return the paths of a field or an identifier."""
        for field, paths in self.fields.items():
            if field == name:
                return paths
        return [self.identifier_path(name)]


@cache
def destinations() -> tuple[Destination, ...]:
    """Return every definition, the default one first."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.yml")) if path.stem != POLICIES]
    defaults = [one.name for one in found if one.is_default]
    if len(defaults) != 1:
        raise ConfigError(f"exactly one destination must be the default, not {defaults}")
    return tuple(sorted(found, key=lambda one: not one.is_default))


@cache
def policies() -> dict[str, Policy]:
    """Return consent tier and allowed fields of every destination by name."""
    content = yaml.safe_load((FOLDER / f"{POLICIES}.yml").read_text(encoding="utf-8"))
    others = {name: Policy.model_validate(policy) for name, policy in content.items()}
    defined = {one.name: one for one in destinations()}
    if twice := sorted(others.keys() & defined.keys()):
        raise ConfigError(f"{POLICIES}.yml repeats destinations with a definition: {twice}")
    return others | defined


def _read(path: Path) -> Destination:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Destination.model_validate({"name": path.stem, **content})
