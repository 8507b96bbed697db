"""Who works at the simulated desk, and what they write down, in French and in English. All names invented."""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Final

PEOPLE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "fr": ("Camille Roussel", "Yanis Belkacem", "Maëlle Claes", "Inès Payet", "Théo Rochat"),
        "en": ("Grace Okafor", "Tom Ashworth", "Priya Nair", "Niamh Byrne", "Liam Tremblay"),
    }
)

_NOTES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "fr": {
            "acknowledged": ("Je m'en occupe ce matin.", "Vu, je regarde le ticket de caisse d'abord."),
            "contacted": (
                "A apprécié l'appel. Bon d'achat de 15 € proposé.",
                "Excuses présentées, échange du produit convenu pour samedi.",
                "Elle reviendra si l'attente en caisse s'améliore.",
                "Message laissé avec le numéro direct, réponse reçue une heure après.",
                "Le vendeur était seul ce jour-là ; planning revu avec le magasin.",
            ),
            "resolved": ("Remboursement fait.", "Échange fait en magasin.", "Client satisfait de la réponse."),
            "reopened": ("Le colis n'est toujours pas arrivé.", "A rappelé : le bon d'achat ne passe pas en caisse."),
            "noted": (
                "Demandé au magasin combien de caisses étaient ouvertes.",
                "Deuxième remarque sur la climatisation cette semaine.",
                "À rappeler après 18 h.",
            ),
            "dismissed": ("Trois essais sans réponse.", "Même réponse saisie deux fois.", "Test d'un collègue."),
        },
        "en": {
            "acknowledged": ("On it this morning.", "Seen, checking the receipt first."),
            "contacted": (
                "Glad that we called. Offered a £15 voucher.",
                "Apologised; exchange agreed for Saturday.",
                "Will come back if the queue gets shorter.",
                "Left a message with my direct line, they rang back within the hour.",
                "One till was open that day; rota changed with the store.",
            ),
            "resolved": ("Refund made.", "Exchanged in store.", "Happy with our answer."),
            "reopened": ("The parcel still has not come.", "Rang again: the voucher is refused at the till."),
            "noted": (
                "Asked the store how many tills were open.",
                "Second remark about the heating this week.",
                "To be called after six.",
            ),
            "dismissed": ("Tried three times, nobody answers.", "The same answer twice.", "A colleague's test."),
        },
    }
)


def somebody(random: Random, language: str) -> str:
    """Who does it."""
    return random.choice(PEOPLE[language])


def a_note(random: Random, language: str, action: str) -> str:
    """What is written down with an action; of what needs no words an empty text."""
    return random.choice(_NOTES[language].get(action, ("",)))
