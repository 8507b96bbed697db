"""Critical themes: what customers say of safety, law, discrimination and their money, and what only sounds so."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.phrase import parse_phrase
from streams.domain.theme_words import DEFAULT_THEMES, ThemeWords
from streams.domain.themes import Themes

_DEFAULT: Final = Themes(DEFAULT_THEMES)

_TOUCHING: Final = {
    "safety": """
        I slipped on the wet floor and nobody came.
        My daughter was injured by a broken shelf
        We got food poisoning from your chicken sandwich!!
        FOOD-POISONING after eating here
        My son is allergic to nuts and nobody could tell me what is in it
        He had an allergic reaction in your shop
        There was a piece of glass in my salad
        The charger caught fire overnight
        Blocked fire exit, boxes everywhere
        No fire exit on the first floor
        It is not safe for children
        This ladder is really dangerous
        The staircase is a hazard
        I ended up in hospital
        An ambulance had to be called
        I burnt my hand on the kettle, the handle came off
        Nobody helped the injured lady
        Nobody cared, I was injured
        You did not take my allergy seriously
        no allergen information anywhere
        Your couldn't-care-less attitude is dangerous
        Not only expensive but dangerous
        my kid nearly choked on a button
        the escalator: unsafe
        Mold on the strawberries
        We were all sick after the buffet
        I've been sick all night
        The trolley was on fire
        The guard pushed me
        She broke her arm on your stairs
        J'ai glissé sur le sol mouillé, aucune signalisation
        Je suis tombée dans l'escalier
        Ma fille s'est blessée avec le jouet
        Le sol est très glissant à l'entrée
        INTOXICATION ALIMENTAIRE après le repas
        Nous avons été malades toute la nuit
        Produit périmé en rayon, dangereux !
        C'est dangereux pour les enfants
        Ce n'est pas seulement cher, c'est dangereux
        Pas d'allergènes indiqués sur la carte
        Le vendeur n'a pas pris mon allergie au sérieux
        Un morceau de verre dans ma soupe
        Le grille-pain a pris feu
        Issues de secours bloquées par des cartons
        Mon fils a fini aux urgences
        Les pompiers ont dû intervenir
        Personne n'a aidé la dame blessée
        De plus en plus dangereux
        Viande avariée, une honte
        On m'a bousculé, bousculade à l'ouverture et aucun agent
        Mon enfant est tombé du caddie
        Poulet pas cuit, encore rose
        Le poulet n'était même pas cuit
        Une brûlure au deuxième degré à cause du café
        Je me suis fait agresser sur le parking
    """,
    "legal": """
        You will hear from my lawyer
        I am going to sue you
        We'll sue.. I mean we will sue
        I'll see you in court
        I will take this company to court
        I have reported you to trading standards
        I called the police
        The police had to come
        This is against the law
        My solicitor has been informed.
        Small claims court it is then
        This breaches data protection, GDPR!
        I am considering legal action
        The ombudsman will hear about this
        It's illegal to charge for that
        Vous aurez des nouvelles de mon avocat
        Je vais porter plainte
        J'ai porté plainte au commissariat
        Plainte déposée à la gendarmerie
        Je vais déposer une plainte
        On se verra au tribunal
        Je saisis la DGCCRF dès demain
        Signalement à la répression des fraudes
        Mise en demeure envoyée ce matin
        J'ai appelé la police
        UFC Que Choisir sera informé
        C'est illégal de refuser les espèces
        Je saisirai le médiateur
        Vous ne respectez pas le RGPD
        Publicité mensongère
        Je consulte un avocat
        Défaut caché : vice caché évident
    """,
    "discrimination": """
        The guard made a racist remark
        Racism, plain and simple.
        Sexist comments from the mechanic
        They ignored me because I'm black
        I was refused because of my hijab
        No wheelchair access
        Not wheelchair friendly at all
        I am disabled and there was no seat
        My guide dog was refused
        He mocked my accent
        I felt discriminated against
        Homophobic staff
        Propos racistes du vigile
        Vendeur sexiste et méprisant
        J'ai été discriminée
        Pas d'accès handicapé
        Pas accessible en fauteuil roulant
        Ma mère est à mobilité réduite et personne ne l'a aidée
        Il m'a refusé l'entrée à cause de mon voile
        Parce que je suis arabe, on me suit partout
        Contrôle au faciès à la sortie
        Remarque homophobe à la caisse
        Refus d'entrée pour mon chien guide
        Harcèlement sexuel de la part d'un vendeur
    """,
    "refund_threat": """
        Refund or I go to the press
        Refund me, or I will tell everybody
        I will do a chargeback
        I want my money back
        I want a full refund
        I demand an immediate refund
        I have disputed the charge with my bank
        I will call my bank
        I opened a PayPal dispute
        Section 75 claim is on its way
        Refund now!!!
        Remboursez-moi !
        Remboursez moi sinon je poste sur tous les réseaux
        Je veux être remboursé
        J'exige un remboursement intégral
        Remboursement ou je préviens la presse
        Je réclame le remboursement depuis un mois
        Je vais faire opposition au paiement
        Opposition bancaire faite
        Je vais contester le prélèvement
        J'ai ouvert un litige PayPal
        Je vois ça avec ma banque
        Rendez-moi mon argent
    """,
}

_HARMLESS: Final = """
    I love the fire place in your café
    The fireplace was lovely, the coffee was not
    It wouldn't hurt to smile
    The floor was not slippery, just dirty
    Not dangerous, just ugly
    Nobody was hurt, but it was close to closing
    It isn't dangerous at all, only silly
    No risk of injury, but it squeaks
    Fortunately no injuries
    I never felt unsafe, only bored
    Without any danger, and without any charm
    There was no danger, and no fun
    The toy is neither dangerous nor fun
    I don't think it is dangerous
    You cannot get injured by it, but it is useless
    No refund problem, but slow
    The refund took two weeks
    Refund or exchange was easy, parking was not
    They would not refund me the delivery
    They refused to refund a faulty item
    I asked for a refund and got it within a week
    I'm not a lawyer, but your opening hours are odd
    No need to call the police, but the music is loud
    I won't sue, I just won't come back
    The food court is dirty
    Tennis court shoes out of stock
    I spoke to Sue, who was nice
    Your courtesy desk is closed
    I was sick of waiting
    I'm sick and tired of this queue
    Standards have slipped
    The date slipped my mind
    The button fell off after a day
    The jacket fell apart
    The price was on the wrong shelf, by accident I paid double
    The font is unreadable, poor police of your menu
    You disabled my account for no reason
    The pay button was disabled
    For people with discriminating taste this is nothing
    Rude staff, long queue, dirty toilets
    Overpriced and underwhelming
    The app crashes all the time
    My order arrived late and the wrong size
    Nobody answers the phone
    The checkout is too slow, two tills open out of ten
    Terrible hospitality
    The sauce is too hot, but I like it hot
    God bless you all, but hire more people
    I was charged twice for the same shirt
    Parking is expensive
    The safety pins are sold out
    They pushed me to buy a warranty
    The wine glass in the restaurant was dirty
    Your staff were on fire today, but the food was cold
    I was sick of it on the day
    I had gone off your brand before
    An assault on my ears
    Caisse fermée, trop d'attente
    La police de caractères est trop petite
    La police est trop petite sur l'étiquette
    Sans danger, mais moche
    Ce n'est pas dangereux, juste laid
    Pas du tout dangereux mais inutile
    Aucun danger, mais aucun intérêt
    Rien de dangereux, rien d'utile
    Personne n'a été blessé mais quelle pagaille
    Ce jouet n'est plus dangereux mais il est cassé
    Jamais malade, jamais content
    Le délai est trop court
    La salade d'avocat était fade
    Toast à l'avocat sans goût
    Mon avocat n'était pas mûr
    Plus d'avocats au rayon légumes
    Un avocat pourri dans le filet
    Satisfait ou remboursé, mais quelle attente
    Le remboursement a été rapide, pas la livraison
    Pas de problème de remboursement, mais la caisse est lente
    Échange ou remboursement proposé tout de suite
    On refuse de me rembourser un article défectueux
    Je ne vais pas porter plainte, mais je suis déçu
    Pas besoin d'avocat pour voir que c'est cher
    Je suis tombé sur un vendeur désagréable
    Le lecteur de cartes est tombé en panne
    Une erreur s'est glissée dans ma facture
    Il m'a glissé un mot désagréable
    Les prix vont encore exploser
    J'ai explosé de rire devant le prix
    Une explosion de saveurs, mais une heure d'attente
    Par accident j'ai payé deux fois
    Ma carte périmée a été refusée sans explication
    Le rayon des romans policiers est vide
    Le calendrier des pompiers est plus joli
    Personnel désagréable, magasin sale
    Trop cher pour la qualité
    Vendeur introuvable au rayon chaussures
    Le colis est arrivé en retard
    Musique trop forte, on ne s'entend plus
    J'ai attendu trente minutes pour un café froid
    Le parking est trop petit
    Mauvaise foi du vendeur
    La cour est sale
    Je suis tombé de haut en voyant la facture
    Il a glissé le ticket dans le sac sans un mot
    Le steak n'était pas cuit comme demandé
    Une ambiance toxique au rayon fromage
    Un accident de livraison, paraît-il
    La chute des prix se fait attendre
"""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("theme", "comment"), [(theme, line) for theme, text in _TOUCHING.items() for line in _lines(text)]
)
def test_what_people_say_about_a_critical_theme_is_found(theme: str, comment: str) -> None:
    """In French and English, in any case, with and without accents and apostrophes of any kind."""
    assert theme in _DEFAULT.touched(comment)


@pytest.mark.parametrize("comment", _lines(_HARMLESS))
def test_what_only_sounds_like_a_critical_theme_touches_none(comment: str) -> None:
    """Denied, in another sense, or an everyday complaint: none of it is worth an interruption."""
    assert () == _DEFAULT.touched(comment)


@pytest.mark.parametrize("theme", DEFAULT_THEMES)
def test_every_phrase_of_the_default_themes_is_found_as_it_is_written(theme: str) -> None:
    """None is unreachable: not by its exceptions, nor because it would count as denied."""
    phrases = [phrase for phrases in DEFAULT_THEMES[theme].values() for phrase in phrases if not phrase.startswith("-")]
    written = {phrase: phrase.replace("*", "").replace("...", "vraiment") for phrase in phrases}

    assert [] == [phrase for phrase, comment in written.items() if theme not in _DEFAULT.touched(comment)]


@pytest.mark.parametrize("theme", DEFAULT_THEMES)
def test_every_exception_excepts_something(theme: str) -> None:
    """Without it its own words would be a sign, somewhere in a comment."""
    phrases = {phrase for phrases in DEFAULT_THEMES[theme].values() for phrase in phrases}
    signs = Themes({theme: {"en": tuple(phrase for phrase in phrases if not phrase.startswith("-"))}})
    idle = []
    for phrase in phrases:
        if phrase.startswith("-"):
            written = phrase[1:].replace("*", "").replace("...", "vraiment")
            around = [f"{before} {written} {behind}" for before in _BEFORE for behind in ("", "the", "me", "in")]
            if not any(signs.touched(comment) for comment in around):
                idle.append(phrase)

    assert [] == idle


_BEFORE: Final = ("", "he", "i", "was", "is", "a", "me", "and", "la", "je suis", "sommes", "est", "ai", "mon", "un")


@pytest.mark.parametrize(
    ("phrases", "comment", "is_found"),
    [
        (("burnt",), "It is BURNT!", True),
        (("burnt",), "unburnt", False),
        (("burn*",), "It burns", True),
        (("burn*",), "sunburn", False),
        (("brûlé*",), "la crème brulee", True),
        (("brule*",), "la crème brûlée", True),
        (("brule*",), "la cre\u0300me bru\u0302le\u0301e", True),
        (("l'avocat",), "L\u2019AVOCAT", True),
        (("e-mail",), "an e mail", True),
        (("coeur",), "un coup au cœur", True),
        (("food poison*",), "food, poisoned", True),
        (("food poison*",), "food. Poisoned", False),
        (("refund ... or",), "refund or", True),
        (("refund ... or",), "refund me my good money or", True),
        (("refund ... or",), "refund me all of my money or", False),
        (("refund ... or",), "refund me. Or", False),
        (("fire", "-fire place"), "a fire place", False),
        (("fire", "-fire place"), "a fire place on fire", True),
        (("not ok",), "it isn't ok", True),
        (("not ok",), "it isn\u2019t OK", True),
    ],
)
def test_a_phrase_is_found_as_its_rules_say(phrases: tuple[str, ...], comment: str, is_found: bool) -> None:
    """Whole words unless it says otherwise, within a sentence, without accents and case, exceptions left out."""
    assert (("theme",) if is_found else ()) == Themes({"theme": {"en": phrases}}).touched(comment)


@pytest.mark.parametrize(
    ("comment", "is_denied"),
    [
        ("not dangerous", True),
        ("not really all that dangerous", True),
        ("wasn't dangerous", True),
        ("WASN\u2019T dangerous", True),
        ("nobody was in any danger", True),
        ("ce n'est vraiment pas si dangereux", True),
        ("sans aucun danger", True),
        ("personne n'était en danger", True),
        ("il n'y a plus de danger", True),
        ("not funny, dangerous", False),
        ("Not good. Dangerous.", False),
        ("not cheap - dangerous", False),
        ("pas drôle : dangereux", False),
        ("not only dangerous", False),
        ("could not be more dangerous", False),
        ("pas seulement dangereux", False),
        ("de plus en plus dangereux", False),
        ("not dangerous at first, then dangerous", False),
    ],
)
def test_a_denied_sign_is_none(comment: str, is_denied: bool) -> None:
    """A negation before it, nothing but small words in between, in one clause; one sign that stands is enough."""
    themes = Themes({"safety": {"en": ("danger*",)}})

    assert (() if is_denied else ("safety",)) == themes.touched(comment)


@pytest.mark.parametrize(
    "text", ["", " ", "-", "*", "...", "a", "... or", "refund ...", "not", "a ... b ... c ... dd", "!", "a.b", "w " * 9]
)
def test_what_cannot_be_looked_for_is_no_phrase(text: str) -> None:
    """No word, none of two letters, a gap at an end, too many words or gaps."""
    assert parse_phrase(text) is None


def test_themes_are_told_in_the_order_of_their_map() -> None:
    """Not in that of the comment."""
    comment = "My lawyer, because I was injured"

    assert ("safety", "legal") == _DEFAULT.touched(comment)
    assert ("legal", "safety") == Themes(dict(reversed([*DEFAULT_THEMES.items()]))).touched(comment)


_SAID: Final = """
not n'est pas dangereux DANGER, fire place. on la police de caractères refund me or I été
"""
_WORDS: Final = st.sampled_from(_SAID.split())
_SMALL: Final[ThemeWords] = {
    "safety": {"en": ("danger*", "fire", "-fire place")},
    "legal": {"fr": ("la police", "-police de caract*"), "en": ("refund ... or i",)},
}


@settings(deadline=None)
@given(st.lists(st.lists(_WORDS, max_size=8).map(" ".join), max_size=6))
def test_a_comment_says_the_same_whatever_was_read_before(comments: list[str]) -> None:
    """The words that are kept are for speed alone."""
    themes = Themes(_SMALL)

    assert [Themes(_SMALL).touched(comment) for comment in comments] == [*map(themes.touched, comments)]


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_read(comment: str) -> None:
    """Whatever people type."""
    assert set(_DEFAULT.touched(comment)) <= set(DEFAULT_THEMES)


def test_the_words_that_are_kept_are_bounded() -> None:
    """A sender of rubbish does not fill the memory."""
    themes = Themes({"safety": {"en": ("danger*",)}})
    for start in range(0, 50_000, 1_000):
        said = " ".join(f"w{number} danger{number}" for number in range(start, start + 1_000))
        assert ("safety",) == themes.touched(said) == themes.touched(said + " danger0")

    assert len(themes._plain) + len(themes._marked) <= 32_768 + 2_000
