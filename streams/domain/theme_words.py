"""Signs of the critical themes in comments, by theme and language: what the built-in rules look for.

A sign that would interrupt somebody for an everyday remark is worth less than one that is missed now and then: people
who are hurt or sue say so in more than one way. Hence few bare words, and exceptions (`-`) where a word has a harmless
sense that shops hear often.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ThemeWords = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By theme and language the phrases that are a sign of it; `phrase` says how they are written."""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(";"))


_SAFETY_EN: Final = """
injured; injury; injuries; injuring; wounded; got hurt; get hurt; getting hurt; was hurt; were hurt; been hurt;
be hurt; hurt myself; hurt himself; hurt herself; hurt themselves; hurt me; hurt my; hurt our; hurt his; hurt her;
hurt someone; hurt somebody; -hurt my feelings; -hurt her feelings; -hurt his feelings; -hurt my wallet;
-hurt my ears; danger*; unsafe; not safe; hazard*; -hazard lights; safety; no safety; -safety pin*; -safety net;
slipped on; slipped and; slipped in; slipped over; slipped down; i slipped; he slipped; she slipped; we slipped;
nearly slipped; almost slipped; customer slipped; slippery; -slippery slope; tripped over; tripped on; tripped and;
i fell; she fell; he fell; and fell; mother fell; father fell; son fell; daughter fell; wife fell; husband fell;
child fell; fell on my; bad fall; nasty fall; -fell for; -fell in love; -fell asleep; -fell apart; -fell off;
-fell short; -fell through; -fell out; broke my arm; broke my leg; broke my wrist; broke my ankle; broke my nose;
broke my tooth; broke a tooth; broke her arm; broke her leg; broke her hip; broke his arm; broke his leg;
chipped ... tooth; broken tooth; broken arm; broken leg; broken wrist; concussion; needed stitches; had stitches;
required stitches; stitches in my; was bleeding; started bleeding; bleeding from; unconscious; food poison*;
poisoned; poisoning; poisonous; salmonel*; listeri*; e coli; botulis*; vomit*; threw up; throwing up; thrown up;
diarrh*; made me sick; made us sick; made me ill; made us ill; made him sick; made her sick; got sick; got ill;
fell ill; became ill; sick all night; ill all night; sick all day; been sick after; been sick all; been sick since;
been ill since; was sick after; was sick all; was ill after; was ill all; was violently sick; were sick after;
were sick all; were all sick; were ill after; were all ill; violently ill; stomach bug; undercooked; raw chicken;
raw in the middle; rotten meat; rotten fish; rotten food; gone off; -gone off the; -gone off your;
out of date ... food; past its use by; expired food; expired meat; expired milk; mouldy; moldy; mold; mould;
maggot*; cockroach*; mouse droppings; rat droppings; rats in; mice in; glass in my; glass in the food;
glass in the bottle; glass in the jar; piece of glass; pieces of glass; shard*; metal in my; piece of metal;
plastic in my; choked; choking; choke on; allerg*; no allergen*; no allergy info*; not allergy friendly; anaphyla*;
epipen*; burned my; burnt my; burned her; burnt her; burned his; burnt his; burned myself; burnt myself;
burned himself; burnt herself; severe burn*; degree burn*; chemical burn*; scald*; -burned my fingers; was on fire;
is on fire; caught fire; set fire; fire exit*; no fire exit*; fire door*; fire alarm*; smoke inhalation;
filled with smoke; toxic fumes; fumes; explod*; explosion; -explosion of; -exploded with laughter; electric shock;
electrocut*; exposed wire*; live wire*; gas leak; carbon monoxide; asbestos; lead paint; hospital; hospitals;
hospitalis*; hospitaliz*; emergency room; ambulance; paramedic*; first aid; accident; accidents; -by accident;
near miss; trapped in the lift; trapped in the elevator; trapped in the toilet*; locked in the toilet*;
locked in the store; locked in the shop; assaulted; assault; -assault on my; -assault on the; attacked me;
attacked us; hit me; pushed me; -pushed me to; -pushed me into; shoved me; punched; threatened me; threatened us;
threatened my; collapsed on; ceiling collapsed; shelf collapsed; broken glass; brakes failed; could have killed;
could have died; nearly died; nearly killed; almost died; almost killed; life threatening
"""

_SAFETY_FR: Final = """
blesse; blessee; blesses; blessees; blesser; blessure; blessures; danger*; insecurite; pas en securite;
pas aux normes; probleme* de securite; manque de securite; aucune securite; pas de securite; regles de securite;
normes de securite; consignes de securite; securite alimentaire; securite des enfants; securite des clients;
glissade; glissant; glissante; glissants; glissantes; ai glisse; a glisse sur; a glisse dans; a glisse et;
a glisse a; avons glisse; glisse sur; glisse dans; failli glisser; -glisse un mot; suis tombe; suis tombee;
est tombe; est tombee; sommes tombes; sont tombes; failli tomber; -tombe sur; -tombee sur; -tombes sur; -tombe en;
-tombee en; -tombe amoureux; -tombee amoureuse; -tombe a l eau; -tombe bien; -tombe a pic; -tombe de haut;
-tombee de haut; -tombes de haut; tombe du; tombee du; -tombe du ciel; -tombe du camion; tombe par terre;
tombee par terre; fait une chute; j ai chute; a chute dans; lourde chute; mauvaise chute; risque de chute;
casse le bras; casse la jambe; casse le poignet; casse la cheville; casse une dent; casse le nez; dent cassee;
fracture; entorse; points de suture; saigne; saignait; saigner; saignement*; sang partout; evanoui*;
fait un malaise; pris un malaise; commotion; intoxication*; intoxiqu*; empoisonne*; salmonel*; listeri*; e coli;
botulis*; vomi; vomir; vomis; vomissement*; diarrhe*; tombe malade; tombee malade; tombes malades; rendu malade;
rendue malade; rendus malades; ete malade; ete malades; malade toute la nuit; malades toute la nuit; malade apres;
malades apres; gastro enterite; une gastro; poulet ... pas cuit; poulet cru; viande crue; steak hache cru;
cru a l interieur; avarie; avariee; avaries; avariees; perime; perimee; perimes; perimees; -carte perimee;
-bon perime; -ticket perime; -coupon perime; moisi; moisie; moisis; moisies; moisissure*; asticot*; cafards;
crottes de souris; crottes de rat; bout de verre; bouts de verre; morceau de verre; morceaux de verre;
eclat de verre; eclats de verre; verre brise; bout de metal; morceau de plastique; bout de plastique;
corps etranger; s etouffer; me suis etouffe*; s est etouffe*; etouffement; allerg*; pas d allergene*;
aucun allergene*; aucune information ... allerg*; anaphyla*; oedeme; brulure; brulures; suis brule; suis brulee;
s est brule; s est brulee; ebouillante*; incendie; prend feu; pris feu; prendre feu; debut de feu;
issue* de secours; sortie* de secours; a explose; explosion; exploser; -explosion de; -explose de rire;
-explosion des prix; -prix ... exploser; electrocut*; choc electrique; decharge electrique; fils denudes;
fuite de gaz; odeur de gaz; monoxyde; amiante; toxique*; -ambiance toxique; -ambiance ... toxique;
-personnel toxique; -personnel ... toxique; -management toxique; hopital; hospitalis*; aux urgences; ambulance;
samu; les pompiers; accident; accidents; accidente; -accident de livraison; -accident de parcours; -par accident;
coince dans l ascenseur; coincee dans l ascenseur; bloque dans l ascenseur; bloquee dans l ascenseur;
bloques dans l ascenseur; agresse; agressee; agresses; agresser; agression; m a frappe; m a pousse; m a bouscule;
bousculade; m a menace; nous a menaces; menace de mort; menaces de mort; failli mourir; aurait pu mourir;
aurait pu tuer; aurait pu etre grave; insalubre; impropre a la consommation; rappel produit
"""

_LEGAL_EN: Final = """
lawyer*; attorney*; solicitor*; barrister*; my legal team; legal action; legal advice; legal proceeding*;
legal steps; legal claim; take ... to court; taking ... to court; took ... to court; in court; to court;
small claims; county court; court order; lawsuit*; law suit; class action; sue you; sue them; sue for; going to sue;
want to sue; have to sue; ready to sue; threatened to sue; forced to sue; like to sue; decided to sue;
reason to sue; need to sue; about to sue; will sue; ll sue; can sue; could sue; might sue; should sue; gonna sue;
sued; suing; prosecut*; press charges; the police; call* the police; the cops; police report; police complaint;
police officer*; reported ... police; trading standards; ombuds*; consumer protection; consumer rights;
consumer court; better business bureau; fair trading; advertising standards; data protection; gdpr;
privacy commissioner; information commissioner; breach of contract; breach of law; against the law; illegal*;
unlawful*; criminal offence; criminal offense; criminal charges; statutory rights; damages claim; claim damages;
claiming damages; claim compensation; negligence; cease and desist
"""

_LEGAL_FR: Final = """
mon avocat*; notre avocat*; mes avocats; nos avocats; avocate; un avocat va; un avocat a ete; prendre un avocat;
pris un avocat; prends un avocat; consulter un avocat; consulte un avocat; saisi un avocat; saisir un avocat;
contacter un avocat; contacte un avocat; voir un avocat; engager un avocat; par avocat; cabinet d avocat*;
lettre d avocat; -avocat* ... mur; -avocat* ... murs; -avocat* ... pourri*; -avocat* trop; -avocat* bio;
-avocat toast; -avocat crevette*; juriste; tribunal; tribunaux; prud hommes; huissier*; commissaire de justice;
mise en demeure; mises en demeure; mets en demeure; mettre en demeure; met en demeure; en justice;
saisir la justice; poursuite* judiciaire*; poursuites penales; action judiciaire; action collective;
action de groupe; recours collectif; voie judiciaire; voies judiciaires; suites judiciaires; suites juridiques;
service juridique; protection juridique; assistance juridique; action juridique; demarche* juridique*;
poursuivre votre; poursuivrai votre; port* plainte; porter ... plainte; depos* plainte; depos* une plainte;
depot de plainte; plainte au commissariat; plainte a la gendarmerie; plainte a la police; plainte penale;
plainte contre; main courante; procureur; la police; appel* la police; police municipale; policier*;
-roman* policier*; -film* policier*; -police de caract*; -police d ecriture; -police d assurance;
-la police de caract*; -la police d ecriture; -la police d assurance; -la police est trop; -la police est illisible;
-la police est minuscule; -taille de la police; commissariat; gendarme; gendarmes; gendarmerie; dgccrf;
repression des fraudes; direction des fraudes; service des fraudes; concurrence et de la consommation; signal conso;
signalconso; que choisir; 60 millions de consommateurs; association* de consommateurs; association* de defense;
mediateur; mediatrice; mediation de la consommation; conciliateur; defenseur des droits; cnil; rgpd;
respect* pas ... rgpd; respect* pas ... loi; illegal*; illegaux; hors la loi; contraire a la loi;
interdit par la loi; vice cache; vices caches; abus de confiance; pratique commerciale trompeuse;
pratiques commerciales trompeuses; publicite mensongere; dommages et interets; prejudice moral; prejudice subi;
prejudice financier; droit de la consommation; code de la consommation
"""

_DISCRIMINATION_EN: Final = """
racis*; racial*; sexist*; sexism; misogyn*; homophob*; transphob*; islamophob*; antisemit*; anti semit*; xenophob*;
ageist; ageism; ableist; ableism; discriminat*; -discriminating taste*; bigot*; prejudiced; sexual harass*;
sexually harass*; sexual comment*; groped; inappropriately touch*; touched ... inappropriately; colour of my skin;
color of my skin; skin colour; skin color; because i am black; because i m black; because we are black;
because we re black; because i am brown; because i m brown; because i am asian; because i m asian;
because i am muslim; because i m muslim; because i am jewish; because i m jewish; because i am gay; because i m gay;
because we are gay; because i am a woman; because i m a woman; because i am old; because i m old;
because i am foreign; because i m foreign; because i am a foreigner; because of my accent; because of my age;
because of my race; because of my religion; because of my colour; because of my color; because of my gender;
because of my hijab; because of my headscarf; because of my disability; my headscarf; my hijab; my turban; slurs;
disabled; -disabled my; -disabled the; -disabled your; -account ... disabled; -card ... disabled; -app ... disabled;
-option ... disabled; -feature ... disabled; -code ... disabled; -disabled account*; -button ... disabled;
-is disabled on; -been disabled; disabled access; disabled customer*; no disabled; not disabled friendly;
disability; disabilities; wheelchair*; no wheelchair*; not wheelchair*; mobility scooter; deaf customer;
hearing impaired; visually impaired; blind customer; guide dog*; service dog*; assistance dog*; autistic; autism;
mocked my accent; mocking my accent; go back to your country; speak english or; homosexual*; same sex couple
"""

_DISCRIMINATION_FR: Final = """
racis*; racial*; sexist*; sexisme; misogyn*; machist*; machisme; homophob*; lesbophob*; transphob*; grossophob*;
islamophob*; antisemit*; xenophob*; discrimin*; delit de facies; au facies; harcelement sexuel;
harcele* sexuellement; attouchement*; mains baladeuses; propos deplaces; couleur de peau; couleur de ma peau;
parce que je suis noir*; parce que je suis arabe; parce que je suis maghrebin*; parce que je suis asiatique;
parce que je suis musulman*; parce que je suis juif; parce que je suis juive; parce que je suis une femme;
parce que je suis femme; parce que je suis gay; parce que je suis homo*; parce que je suis lesbienne;
parce que je suis etranger*; parce que je suis vieux; parce que je suis vieille; parce que je suis gros*;
parce que je suis voilee; parce que je porte le voile; parce que j ai un accent; parce qu on est noir*;
parce qu on est arabe*; parce qu on est etranger*; a cause de mon accent; a cause de mon age;
a cause de mon origine; a cause de mes origines; a cause de ma religion; a cause de ma couleur;
a cause de mon voile; a cause de mon handicap; mes origines; mon voile; mon foulard; handicap*; -handicap* pour;
fauteuil roulant; mobilite reduite; pmr; malentendant*; malvoyant*; non voyant*; sourd et muet; sourde et muette;
chien guide; chien d assistance; autiste*; autisme; rentrez chez vous; retourne dans ton pays;
retournez dans votre pays; homosexuel*
"""

_REFUND_EN: Final = """
chargeback*; charge back; refund or i; refund or we; refund or else; refund ... or i ll; refund ... or i will;
refund ... or we will; refund ... or i m; money back or i; money back or we; money back or else;
money back ... or i ll; money back ... or i will; demand* ... refund; demand* ... money back; insist* ... refund;
want ... refund; want ... money back; give ... money back; expect ... full refund; refund immediately; refund now;
refund me; refund us; -refuse* to refund me; -refuse* to refund us; -refused to refund me; -refused to refund us;
dispute the charge; dispute this charge; dispute the payment; dispute the transaction; disputing the charge;
disputing the payment; disputed the charge; disputed the payment; disput* ... bank; disput* ... paypal;
paypal dispute; paypal claim; claim with paypal; claim through paypal; contact* my bank; call* my bank;
my credit card company; card issuer; credit card provider; section 75; stop the payment; stopped the payment;
stop my payment; stopping the payment; cancel the payment; cancelling the payment; cancel my direct debit;
reverse the charge; reverse the payment; recall the payment; claw back; clawback
"""

_REFUND_FR: Final = """
remboursez moi; remboursez nous; rembourse moi; me rembourser immediatement; me rembourser sinon;
rembours* ... sinon; rembours* ou je; rembours* ... ou je; rembours* ou nous; rembours* ... ou nous;
sinon ... rembours*; exig* ... rembours*; reclam* ... rembours*; somme* de ... rembourser; je veux ... rembours*;
nous voulons ... rembours*; je demande ... rembours*; nous demandons ... rembours*; rembours* immediat*;
rembours* integral*; rendez moi mon argent; rendez nous notre argent; rendre mon argent; recuperer mon argent;
opposition bancaire; fais opposition; faire opposition; ferai opposition; fait opposition; faisons opposition;
opposition au paiement; opposition sur; opposition a ma; opposition aupres; avec ma banque; via ma banque;
par ma banque; a ma banque; aupres de ma banque; retrofacturation; retro facturation; chargeback*; charge back;
litige paypal; litige bancaire; litige aupres; ouvrir un litige; ouvert un litige; ouvre un litige;
ouvrirai un litige; contest* ... prelevement; contest* ... paiement; contest* ... transaction; contest* ... debit;
rejet* ... prelevement; rejet* ... paiement; bloqu* ... prelevement; bloquer ... paiement; bloquerai ... paiement;
annul* ... prelevement; revoqu* ... prelevement
"""

DEFAULT_THEMES: Final[ThemeWords] = MappingProxyType(
    {
        "safety": {"fr": _phrases(_SAFETY_FR), "en": _phrases(_SAFETY_EN)},
        "legal": {"fr": _phrases(_LEGAL_FR), "en": _phrases(_LEGAL_EN)},
        "discrimination": {"fr": _phrases(_DISCRIMINATION_FR), "en": _phrases(_DISCRIMINATION_EN)},
        "refund_threat": {"fr": _phrases(_REFUND_FR), "en": _phrases(_REFUND_EN)},
    }
)
