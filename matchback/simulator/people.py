"""Invented persons: example domains, telephone ranges reserved for fiction, Meta's hash rules."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

FIRST_NAMES = {
    "DE": ("Margarete", "Jörg", "Anke", "Lothar", "Käthe", "Uwe", "Silke", "Detlef"),
    "FR": ("Léa", "Benoît", "Chloé", "Anne-Marie", "Rémi", "Odile", "Gaspard", "Inès"),
    "GB": ("Imogen", "Alfie", "Poppy", "Rupert", "Freya", "Callum", "Maisie", "Nigel"),
    "SE": ("Åsa", "Björn", "Elin", "Göran", "Linnea", "Sören", "Märta", "Nils"),
    "US": ("Tyler", "Madison", "Brayden", "Kaylee", "Logan", "Autumn", "Wyatt", "Skyler"),
}
LAST_NAMES = {
    "DE": ("Möchlichen", "Großmann", "Hornig", "Weihmann", "Jähn", "Trapp", "Bohlander", "Kusch"),
    "FR": (
        "D'Aubigné",
        "Lefèvre",
        "Marchand",
        "Poirier",
        "Tessier",
        "Béranger",
        "Colas",
        "Vasseur",
    ),
    "GB": ("O'Leary", "Hartley", "Whitcombe", "Ashdown", "Pemberton", "Thackray", "Lowe", "Finch"),
    "SE": ("Ångström", "Lindqvist", "Sjöberg", "Ekdahl", "Nyström", "Wallin", "Hägg", "Dahlgren"),
    "US": ("Cantrell", "Mayfield", "Prewitt", "Stockdale", "Langley", "Hobart", "Winslow", "Tate"),
}
PLACES = {
    "DE": (("Berlin", "", "10115"), ("Lüneburg", "", "21335"), ("Bad Homburg", "", "61348")),
    "FR": (("Paris", "", "75011"), ("Rivière", "", "62173"), ("Saint-Étienne", "", "42000")),
    "GB": (("Manchester", "", "M1 1AE"), ("Bath", "", "BA1 2QF"), ("York", "", "YO1 7HH")),
    "SE": (("Malmö", "", "211 19"), ("Västerås", "", "722 11"), ("Uppsala", "", "753 10")),
}
US_PLACES = {
    "CA": ("Oakland", "CA", "94607"),
    "CO": ("Boulder", "CO", "80302"),
    "VA": ("Richmond", "VA", "23220"),
    "TX": ("Austin", "TX", "78701"),
}
COUNTRY_NAMES = {
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "SE": "Sweden",
    "US": "United States",
}
CURRENCIES = {"DE": "EUR", "FR": "EUR", "GB": "GBP", "SE": "SEK", "US": "USD"}
CALLING_CODES = {"DE": "49", "FR": "33", "GB": "44", "SE": "46", "US": "1"}
EMAIL_DOMAINS = ("example.com", "example.org", "example.net")
TEXT_KEYS = ("fn", "ln", "ct", "st")
_NOT_A_LETTER_OR_DIGIT = re.compile(r"[^\w]|_")


@dataclass(frozen=True)
class Person:
    """An invented customer; contact fields as a shop would hold them."""

    first_name: str
    last_name: str
    email: str
    national_number: str
    trunk_prefix: str
    city: str
    state: str
    zip_code: str
    country: str

    @property
    def phone_digits(self) -> str:
        """Return the digits that Meta documents: country code and number, nothing else."""
        return CALLING_CODES[self.country] + self.national_number

    def written_phone(self, international: bool) -> str:
        """Return the number as people write it, with or without the country code."""
        head, tail = self.national_number[:-6], self.national_number[-6:]
        if international:
            return f"+{CALLING_CODES[self.country]} {head} {tail}"
        return f"{self.trunk_prefix}{head} {tail}"


def sha256(text: str) -> str:
    """Return the lower-case hex digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return re.sub(r"[^a-z]", "", decomposed.encode("ascii", "ignore").decode().lower())


def _fictional_number(country: str, number: int) -> str:
    """Return a national significant number from a range reserved for drama or documentation."""
    if country == "DE":
        area = ("3023125", "6990009", "4066969", "2214710", "8999998")[number % 5]
        return f"{area}{number // 5 % 1000:03d}"
    if country == "FR":
        area = ("19900", "26191", "35301", "46571", "53649")[number % 5]
        return f"{area}{number // 5 % 10000:04d}"
    if country == "GB":
        return f"2079460{number % 1000:03d}"
    if country == "SE":
        return f"701740{605 + number % 95}"
    area = ("202", "415", "303", "804", "512")[number % 5]
    return f"{area}55501{number // 5 % 100:02d}"


def invent_person(number: int, country: str, region: str) -> Person:
    """Return person number N of a country; the same number is always the same person."""
    first = FIRST_NAMES[country][number % 8]
    last = LAST_NAMES[country][number // 8 % 8]
    city, state, zip_code = (
        US_PLACES[region] if country == "US" else PLACES[country][number // 3 % 3]
    )
    mailbox = f"{_plain_letters(first)}.{_plain_letters(last)}{number}"
    return Person(
        first_name=first,
        last_name=last,
        email=f"{mailbox}@{EMAIL_DOMAINS[number % 3]}",
        national_number=_fictional_number(country, number),
        trunk_prefix="" if country == "US" else "0",
        city=city,
        state=state,
        zip_code=zip_code,
        country=country,
    )


def documented_hashes(person: Person) -> dict[str, str]:
    """Return Meta's customer-information keys of a person, normalised as its documentation says."""
    text = {
        "fn": person.first_name,
        "ln": person.last_name,
        "ct": person.city,
        "st": person.state,
    }
    plain = {
        "em": person.email.strip().lower(),
        "ph": person.phone_digits,
        **{key: _NOT_A_LETTER_OR_DIGIT.sub("", text[key].lower()) for key in TEXT_KEYS},
        "zp": re.sub(r"[\s-]", "", person.zip_code.lower()),
        "country": person.country.lower(),
    }
    return {key: sha256(value) for key, value in plain.items() if value}
