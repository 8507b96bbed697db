"""The simulated retail chains: who they are, where their stores stand and how people like them. All names invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One brand. Hours are local, from opening to closing; `mood` is the NPS around which its stores lie."""

    brand: str
    language: str
    opens: int
    closes: int
    mood: int
    scale_min: int = 0
    closed_on: frozenset[int] = field(default=frozenset({6}))
    departments: Mapping[str, tuple[str, ...]]
    stores: Mapping[str, tuple[str, ...]]


def _texts(**by_language: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({language: tuple(text.split(", ")) for language, text in by_language.items()})


def _stores(**by_zone: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({zone.replace("__", "/"): tuple(text.split(", ")) for zone, text in by_zone.items()})


CHAINS = (
    Chain(
        brand="Maison Brindille",
        language="fr",
        opens=10,
        closes=19,
        mood=41,
        departments=_texts(
            fr="luminaires, vaisselle, linge de lit, rideaux, bougies, tapis",
            en="lighting, tableware, bed linen, curtains, candles, rugs",
        ),
        stores=_stores(
            Europe__Paris="Paris Beaugrenelle, Paris Rivoli, Boulogne-Billancourt, Versailles, Lille Euralille, Rouen, "
            "Rennes, Strasbourg, Dijon, Lyon Part-Dieu, Grenoble, Annecy, Aix-en-Provence, "
            "Marseille Terrasses du Port, Montpellier, Toulouse, Bordeaux Sainte-Catherine",
            Europe__Brussels="Bruxelles Louise, Liège, Namur",
            Europe__Zurich="Genève Balexert, Lausanne",
        ),
    ),
    Chain(
        brand="Halles Tournesol",
        language="fr",
        opens=8,
        closes=20,
        mood=27,
        closed_on=frozenset(),
        departments=_texts(
            fr="fruits et légumes, fromages, boulangerie, poissonnerie, vrac, vins",
            en="fruit and vegetables, cheese, bakery, fish, bulk, wine",
        ),
        stores=_stores(
            Europe__Paris="Angers, Besançon, Brest, Caen, Clermont-Ferrand, Le Havre, Le Mans, Limoges, Metz, Nancy, "
            "Nice, Nîmes, Orléans, Perpignan, Poitiers, Reims, Saint-Étienne, Toulon, Tours, "
            "Toulouse Compans-Caffarelli",
            Indian__Reunion="Saint-Denis, Saint-Pierre",
            America__Martinique="Fort-de-France",
        ),
    ),
    Chain(
        brand="Marchepied",
        language="fr",
        opens=10,
        closes=19,
        mood=33,
        scale_min=1,
        departments=_texts(
            fr="baskets, bottes, enfant, randonnée, maroquinerie", en="trainers, boots, children, hiking, leather goods"
        ),
        stores=_stores(
            Europe__Paris="Nantes Atlantis, Lille Rue de Béthune, Lyon Confluence, Mulhouse, Pau, Bayonne, "
            "La Rochelle, Vannes, Amiens, Troyes",
            Pacific__Noumea="Nouméa",
            America__Toronto="Québec Laurier, Montréal Sainte-Catherine",
        ),
    ),
    Chain(
        brand="Harrow & Finch",
        language="en",
        opens=9,
        closes=18,
        mood=52,
        closed_on=frozenset(),
        departments=_texts(
            en="stationery, fiction, children's books, travel, art supplies", fr="papeterie, romans, jeunesse, voyage"
        ),
        stores=_stores(
            Europe__London="London Marylebone, London Spitalfields, Bath, Brighton, Bristol Cabot Circus, Cambridge, "
            "Cardiff, Edinburgh Princes Street, Glasgow Buchanan Street, Leeds Trinity, Manchester Deansgate, Norwich, "
            "Oxford, Sheffield, York",
            Europe__Dublin="Cork, Dublin Grafton Street, Galway",
        ),
    ),
    Chain(
        brand="Northpeg",
        language="en",
        opens=10,
        closes=20,
        mood=38,
        closed_on=frozenset(),
        departments=_texts(
            en="tents, climbing, canoes, ski wear, bikes, camp stoves",
            fr="tentes, escalade, canots, ski, vélos",
        ),
        stores=_stores(
            America__Halifax="Halifax",
            America__Toronto="Ottawa Rideau, Toronto Queen West, Hamilton, Kingston",
            America__Winnipeg="Winnipeg The Forks",
            America__Edmonton="Banff, Calgary Chinook, Edmonton Whyte Avenue",
            America__Vancouver="Kelowna, Squamish, Vancouver Kitsilano, Victoria",
        ),
    ),
    Chain(
        brand="Coral & Pine",
        language="en",
        opens=9,
        closes=18,
        mood=19,
        closed_on=frozenset(),
        departments=_texts(
            en="garden furniture, paint, kitchens, power tools, tiles",
            fr="mobilier de jardin, peinture, cuisines",
        ),
        stores=_stores(
            Australia__Perth="Fremantle, Perth Claremont",
            Australia__Sydney="Canberra, Newcastle, Sydney Alexandria, Wollongong",
            Australia__Brisbane="Brisbane Indooroopilly, Gold Coast",
            Pacific__Auckland="Auckland Westgate, Hamilton The Base, Wellington, Dunedin",
        ),
    ),
)

QUEUE_GROWS = ("Halles Tournesol", "Toulouse Compans-Caffarelli")
"""Half of its tills fail soon after the start: the queue grows, and the score falls while one watches."""
RECOVERS = ("Harrow & Finch", "Leeds Trinity")
"""Had a bad month under building works, which end with the start."""
IN_TROUBLE = (
    ("Maison Brindille", "Marseille Terrasses du Port"),
    ("Marchepied", "Mulhouse"),
    ("Northpeg", "Hamilton"),
    ("Coral & Pine", "Canberra"),
)
"""Badly liked throughout."""
WAS_OFFLINE = ("Marchepied", "Nantes Atlantis")
"""Its till comes back from nearly four days without a network and delivers all it has at once."""
