"""What is known of the simulated shops, and by which rules their alerts are judged: published before they open."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final, NamedTuple

import orjson

from streams.demo.records import Document
from streams.demo.shops import Shop

EVERY_BRAND: Final = "*"
CALL_WITHIN_MS: Final = 48 * 3_600_000
"""How long after an answer its customer is to be contacted, where no rule set says otherwise."""

_REGIONS: Final[Mapping[str, str]] = {
    "Europe/Paris": "France Nord",
    "Europe/Brussels": "Belgique",
    "Europe/Zurich": "Suisse romande",
    "Indian/Reunion": "Outre-mer",
    "America/Martinique": "Outre-mer",
    "Pacific/Noumea": "Outre-mer",
    "America/Toronto": "Ontario & Québec",
    "Europe/London": "Great Britain",
    "Europe/Dublin": "Ireland",
    "America/Halifax": "Atlantic Canada",
    "America/Winnipeg": "Prairies",
    "America/Edmonton": "Alberta",
    "America/Vancouver": "British Columbia",
    "Australia/Perth": "Western Australia",
    "Australia/Sydney": "New South Wales",
    "Australia/Brisbane": "Queensland",
    "Pacific/Auckland": "New Zealand",
}
_SOUTH: Final = frozenset(
    {
        *("Lyon Part-Dieu", "Grenoble", "Annecy", "Aix-en-Provence", "Marseille Terrasses du Port", "Montpellier"),
        *("Toulouse", "Bordeaux Sainte-Catherine", "Clermont-Ferrand", "Limoges", "Nice", "Nîmes", "Perpignan"),
        *("Saint-Étienne", "Toulon", "Toulouse Compans-Caffarelli", "Lyon Confluence", "Pau", "Bayonne", "La Rochelle"),
    }
)
_MANAGED: Final[Mapping[str, str]] = {
    "Paris Beaugrenelle": "Hélène Vasseur",
    "Toulouse Compans-Caffarelli": "Nadia Ferrand",
    "Nantes Atlantis": "Goulven Le Bihan",
    "London Marylebone": "Oliver Hartley",
    "Vancouver Kitsilano": "Jade Wong",
    "Sydney Alexandria": "Ruby Callaghan",
}
"""Shops whose own managers call customers back; those of the largest cities are VIP stores."""
_VIP: Final = frozenset({"Paris Beaugrenelle", "London Marylebone", "Vancouver Kitsilano", "Sydney Alexandria"})
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Published(NamedTuple):
    """A document and the key that it is published under."""

    key: bytes
    value: bytes


def rule_sets() -> list[Document]:
    """The rule sets of `rules.json`, as they are written there."""
    found: list[Document] = orjson.loads((files("streams.demo") / "rules.json").read_bytes())
    return found


def rules_to_publish() -> list[Published]:
    """One record for each rule set."""
    return [Published(rules["brand"].encode(), orjson.dumps(rules)) for rules in rule_sets()]


def facts_to_publish(shops: Sequence[Shop]) -> list[Published]:
    """One record for each shop."""
    return [Published(shop.key, orjson.dumps(facts_of(shop))) for shop in shops]


def facts_of(shop: Shop) -> Document:
    """Where a shop is, when it is open, and who calls its customers back, if it is not the region."""
    zone = shop.zone.key
    facts: Document = {
        "brand": shop.chain.brand,
        "store": shop.store,
        "name": f"{shop.chain.brand}, {shop.store}",
        "region": "France Sud" if shop.store in _SOUTH else _REGIONS[zone],
        "time_zone": zone,
        "opening_hours": {
            day: None if number in shop.chain.closed_on else [f"{shop.chain.opens:02}:00", f"{shop.chain.closes:02}:00"]
            for number, day in enumerate(_WEEK)
        },
    }
    if shop.store in _MANAGED:
        facts["owner"] = _MANAGED[shop.store]
    return facts | {"vip": True} if shop.store in _VIP else facts


def versions_by_brand() -> dict[str, int]:
    """The version of each rule set, by its brand."""
    return {rules["brand"]: rules["version"] for rules in rule_sets()}


def brands_with_calendar() -> frozenset[str]:
    """Brands that count business hours; all others by the clock on the wall."""
    return frozenset(rules["brand"] for rules in rule_sets() if "calendar" in rules)
