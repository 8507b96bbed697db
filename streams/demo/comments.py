"""What customers write, in French and English: clauses that fit a score, put together anew each time."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

STAFF = ("Inès", "Léa", "Karim", "Thomas", "Chloé", "Sofiane", "Amy", "Priya", "Callum", "Grace", "Noah", "Zoë")

_ALARMING = 0.08
"""Of the unhappiest speak of something that somebody has to hear of at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The clauses of one language. They start in lower case and end without a full stop, so that they can be joined."""

    praise: tuple[str, ...]
    grumble: tuple[str, ...]
    fury: tuple[str, ...]
    alarming: tuple[str, ...]
    queue: tuple[str, ...]
    but: tuple[str, ...]
    short: Mapping[str, tuple[str, ...]]


def write_comment(random: Random, *, language: str, score: int, department: str, queueing: bool = False) -> str:
    """A comment by someone who gave `score`; `queueing` makes an unhappy one speak of the queue. Never empty."""
    voice = VOICES[language]
    if random.random() < 0.18:
        return random.choice(voice.short["good" if score >= 9 else "fair" if score >= 7 else "bad"])
    text = ". ".join(_capital(clause) for clause in _clauses(random, voice, score, queueing=queueing))
    text = text.format(department=department, person=random.choice(STAFF))
    return text + _ending(random, score, language)


def _clauses(random: Random, voice: Voice, score: int, *, queueing: bool) -> list[str]:
    if score >= 9:
        return random.sample(voice.praise, random.choice((1, 1, 2)))
    grumble = random.choice(voice.queue if queueing else voice.grumble)
    if score >= 7:
        praise = random.choice(voice.praise)
        return random.choice(([f"{praise}{random.choice(voice.but)}{grumble}"], [praise], [grumble]))
    if score <= 3 and random.random() < _ALARMING:
        return [random.choice(voice.alarming)]
    worst = [random.choice(voice.fury)] if score <= 3 else []
    if worst and random.random() < 0.5 and not queueing:
        return worst
    return [grumble, *worst]


def _ending(random: Random, score: int, language: str) -> str:
    mark = "\N{NO-BREAK SPACE}!" if language == "fr" else "!"
    if score >= 9:
        return random.choice((".", ".", "", mark, mark, " 😊", " 👍", " ❤️"))
    if score >= 7:
        return random.choice((".", ".", ""))
    return random.choice((".", ".", ".", "", "...", mark + "!", " 😡", " 👎"))


def _capital(clause: str) -> str:
    """A clause as a sentence; one that begins with a placeholder stays as it is."""
    return clause[:1].upper() + clause[1:]


_FRENCH = Voice(
    praise=(
        "personnel très accueillant",
        "équipe souriante et de bon conseil",
        "j'ai trouvé tout de suite ce que je cherchais",
        "le rayon {department} est superbe",
        "passage en caisse rapide, même un samedi",
        "{person} m'a très bien conseillé au rayon {department}",
        "merci à {person} pour sa patience",
        "magasin propre et bien rangé",
        "beau choix au rayon {department}",
        "les prix restent raisonnables",
        "échange fait en deux minutes, sans discuter",
        "commande en ligne retirée sans attendre",
        "on se sent bien dans ce magasin",
        "on a pris le temps de m'expliquer",
        "toujours un plaisir de venir",
        "{person} a cherché en réserve sans que je demande",
        "rien à redire, je reviendrai",
        "la nouvelle disposition est bien plus claire",
    ),
    grumble=(
        "peu de choix au rayon {department}",
        "personne pour renseigner au rayon {department}",
        "les prix ont bien augmenté",
        "l'article vu en ligne n'était pas en rayon",
        "prix absents sur la moitié des étiquettes",
        "allées encombrées de cartons",
        "la musique est vraiment trop forte",
        "le retrait de commande a pris vingt minutes",
        "accueil un peu froid",
        "on ne sait jamais à qui s'adresser",
        "toujours les mêmes ruptures au rayon {department}",
        "la carte de fidélité n'a pas été prise en compte",
        "cabines et toilettes à revoir",
        "retour compliqué sans le ticket, alors que j'avais l'e-mail",
        "le conseil au rayon {department} était léger",
        "il faisait une chaleur étouffante",
    ),
    fury=(
        "on m'a fait comprendre que je dérangeais",
        "on refuse de me rembourser un article défectueux",
        "troisième fois que ma commande n'est pas prête",
        "prix en caisse différent du prix affiché, et personne pour corriger",
        "je ne remettrai plus les pieds ici",
        "commande annulée sans prévenir et toujours pas remboursée",
        "vendeur désagréable, responsable introuvable",
        "le service client ne répond jamais",
        "article abîmé, remis en rayon tel quel",
        "c'était mieux avant, bien mieux",
        "je raconte cela à tous mes voisins",
        "une honte pour une enseigne de cette réputation",
    ),
    alarming=(
        "j'ai glissé sur le sol mouillé et je me suis blessé au poignet",
        "une étagère mal fixée est tombée, c'est dangereux pour les enfants",
        "sans réponse sous huit jours je porte plainte",
        "je saisis la DGCCRF, ces prix sont trompeurs",
        "le vigile a tenu des propos racistes",
        "remboursez-moi ou je fais opposition auprès de ma banque",
    ),
    queue=(
        "25 minutes de queue pour un seul article",
        "deux caisses ouvertes sur six, la file allait jusqu'au rayon {department}",
        "attente interminable en caisse",
        "les caisses automatiques étaient toutes en panne",
        "j'ai fini par laisser mon panier et partir",
        "une seule caissière, débordée, ce n'est pas sa faute",
        "plus d'attente que de courses",
        "on ouvre une caisse quand tout le monde est déjà parti",
    ),
    but=(", mais ", ", dommage\N{NO-BREAK SPACE}: ", ". Seul bémol\N{NO-BREAK SPACE}: "),
    short={
        "good": (
            "Parfait",
            "Très bien",
            "Super\N{NO-BREAK SPACE}!",
            "Au top 👍",
            "RAS, merci",
            "Excellent accueil",
            "🤩",
        ),
        "fair": ("Bien", "Correct", "Ça va", "Bien dans l'ensemble", "Peut mieux faire", "RAS"),
        "bad": ("Déçu", "Bof", "Très déçue", "À revoir", "Jamais vu ça", "Nul", "😤", "Décevant..."),
    },
)

_ENGLISH = Voice(
    praise=(
        "lovely, helpful staff",
        "found what I came for straight away",
        "the {department} section is a joy",
        "in and out in five minutes",
        "{person} in {department} went out of their way for us",
        "thank you {person}, you made my day",
        "clean, bright and well laid out",
        "great choice of {department}",
        "fair prices for the quality",
        "swapped it without any fuss",
        "click and collect was ready before I was",
        "my favourite shop in town",
        "nobody pushed me to buy anything, which I like",
        "they took the time to explain",
        "always a pleasure",
        "{person} checked the stockroom without being asked",
        "the new layout works really well",
        "could not fault it",
    ),
    grumble=(
        "not much choice in {department}",
        "nobody around in {department} to ask",
        "prices have gone up a lot",
        "the item I saw online wasn't on the shelf",
        "half the price labels were missing",
        "aisles blocked with boxes",
        "the music is far too loud",
        "click and collect took twenty minutes",
        "bit of a frosty welcome",
        "out of stock in {department} again",
        "my loyalty points never showed up",
        "the toilets could do with a clean",
        "returning it without the paper receipt was hard work",
        "advice in {department} was a bit thin",
        "parking is a nightmare",
        "it was boiling in there",
    ),
    fury=(
        "I was made to feel like a nuisance",
        "they refused to refund a faulty item",
        "third time my order wasn't there",
        "charged more at the till than the label said, and nobody would put it right",
        "won't be back",
        "order cancelled without a word, and still no refund",
        "rude assistant, and the manager was nowhere to be seen",
        "customer service never answers",
        "it was damaged and back on the shelf the same day",
        "used to be so much better",
        "I'm telling all my friends",
        "embarrassing for a name like this",
    ),
    alarming=(
        "I slipped on the wet floor and hurt my wrist",
        "a shelf came down next to my son, this is dangerous",
        "you will hear from my lawyer",
        "the security guard was openly racist",
        "give me my refund or I will do a chargeback",
        "I had an allergic reaction and nobody knew what was in it",
    ),
    queue=(
        "25 minutes in the queue for one item",
        "two tills open out of six, and the line went back to {department}",
        "endless wait to pay",
        "every self-checkout was out of order",
        "gave up, left the basket and walked out",
        "one poor cashier on her own, not her fault",
        "more queueing than shopping",
        "they open a second till once everybody has left",
    ),
    but=(", but ", ". Shame: ", ". Only gripe: "),
    short={
        "good": ("Perfect", "Brilliant!", "Great service", "Spot on 👌", "Love it", "All good, thanks", "🤩"),
        "fair": ("Fine", "OK", "Not bad", "Decent enough", "Could be better", "It was alright"),
        "bad": ("Disappointed", "Meh", "Poor", "Not good enough", "Never again", "Awful", "😤", "Let down..."),
    },
)

VOICES: Mapping[str, Voice] = {"fr": _FRENCH, "en": _ENGLISH}
