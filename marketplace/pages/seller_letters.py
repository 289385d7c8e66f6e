"""What letters and text messages to sellers say: one frame, and the words of each.

Words that staff write to a seller stand in it as they are, in the language that staff wrote them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.pages.languages import Language, marked
from marketplace.pages.letters import Letter, written
from marketplace.pages.templates import Templates
from marketplace.vendors.letters import VendorLetter


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's words in French: `%(seller)s` and whatever else it is about are put in."""

    subject: str
    said: str
    button: str = ""
    note: str = ""


WORDS: Mapping[VendorLetter, Words] = {
    VendorLetter.APPLIED: Words(
        marked("Nous avons reçu votre demande"),
        marked("La demande de %(seller)s nous est parvenue. Nous vous écrirons dès qu’elle sera lue."),
    ),
    VendorLetter.IN_REVIEW: Words(
        marked("Votre demande est en cours d’examen"),
        marked("Une personne de notre équipe lit la demande de %(seller)s et ses documents."),
    ),
    VendorLetter.CHANGES_ASKED: Words(
        marked("Il manque quelque chose à votre demande"),
        marked("Avant d’approuver %(seller)s, nous vous demandons ceci :"),
        note=marked("Corrigez la demande, puis envoyez-la de nouveau."),
    ),
    VendorLetter.APPROVED: Words(
        marked("Bienvenue : vous pouvez vendre"),
        marked("%(seller)s est approuvé. Vos produits peuvent être mis en vente."),
    ),
    VendorLetter.REFUSED: Words(
        marked("Votre demande n’a pas été acceptée"),
        marked("Nous ne pouvons pas approuver %(seller)s. Voici pourquoi :"),
    ),
    VendorLetter.SUSPENDED: Words(
        marked("Vos ventes sont suspendues"),
        marked("Les produits de %(seller)s ne sont plus visibles. Vos commandes restent à préparer."),
        note=marked("Écrivez-nous pour en parler."),
    ),
    VendorLetter.CLOSED: Words(
        marked("Votre boutique est fermée"),
        marked("%(seller)s ne vend plus sur SIL Marketplace. Vos documents et relevés restent consultables."),
    ),
    VendorLetter.DOCUMENT_REFUSED: Words(
        marked("Un document est à remplacer"),
        marked("Le document « %(document)s » de %(seller)s ne peut pas être accepté. Voici pourquoi :"),
        note=marked("N’envoyez jamais de carte d’identité ni de passeport."),
    ),
    VendorLetter.CERTIFICATE_ENDING: Words(
        marked("Un certificat se termine bientôt"),
        marked("Le certificat « %(name)s » de %(seller)s est valable jusqu’au %(last_day)s."),
        note=marked("Envoyez le nouveau document avant cette date : sinon, il ne sera plus montré."),
    ),
    VendorLetter.CERTIFICATE_ENDED: Words(
        marked("Un certificat n’est plus valable"),
        marked("Le certificat « %(name)s » de %(seller)s n’est plus montré depuis le %(last_day)s."),
        note=marked("Envoyez le nouveau document pour qu’il le soit de nouveau."),
    ),
    VendorLetter.INVITATION: Words(
        marked("On vous invite à travailler pour un vendeur"),
        marked("%(seller)s vous invite à travailler avec lui sur SIL Marketplace."),
        marked("Voir l’invitation"),
        marked("Ce lien est valable quatorze jours. Si vous ne connaissez pas ce vendeur, ne répondez pas."),
    ),
    VendorLetter.DELEGATION_ASKED: Words(
        marked("Quelqu’un de notre équipe demande à agir pour vous"),
        marked("%(agent)s demande à agir pour %(seller)s pendant %(days)s jours :"),
        marked("Répondre"),
        marked("Cette personne pourra gérer vos produits et vos commandes, jamais votre compte bancaire."),
    ),
    VendorLetter.BANK_CONFIRM: Words(
        marked("Confirmez votre nouveau compte bancaire"),
        marked("On demande que %(seller)s soit payé sur un compte qui se termine par %(ending)s."),
        marked("Confirmer ou refuser"),
        marked("Ce lien est valable 24 heures. Sans votre accord, rien ne change."),
    ),
    VendorLetter.BANK_CHANGED: Words(
        marked("Votre compte bancaire a changé"),
        marked("%(seller)s sera payé sur le compte qui se termine par %(ending)s, dans 48 heures."),
        marked("Ce n’était pas moi"),
        marked("Si vous ne l’avez pas demandé, annulez le changement avant 48 heures."),
    ),
    VendorLetter.BANK_UNDONE: Words(
        marked("Le changement de compte est annulé"),
        marked("%(seller)s ne sera pas payé sur le compte qui se termine par %(ending)s."),
        note=marked("Si vous n’avez pas demandé ce changement, choisissez un nouveau mot de passe."),
    ),
    VendorLetter.BANK_UNDONE_STAFF: Words(
        marked("Un vendeur a refusé un changement de compte"),
        marked("%(seller)s ne reconnaît pas le changement vers le compte qui se termine par %(ending)s."),
        note=marked("Appelez ce vendeur : quelqu’un utilise peut-être son compte."),
    ),
}
TEXTS: Mapping[VendorLetter, str] = {
    VendorLetter.BANK_CONFIRM: marked("%(seller)s : confirmez le compte bancaire …%(ending)s ici :"),
    VendorLetter.BANK_CHANGED: marked("%(seller)s : compte bancaire changé (…%(ending)s). Pas vous ?"),
}
"""Of text messages, before the link."""


def about_seller(
    templates: Templates, letter: VendorLetter, language: Language, values: Mapping[str, Any]
) -> Letter:
    """What a seller, or somebody who is asked to work for it, gets. `values`: `seller`, what else the words
    name, `words` of the staff, and the `url` of the button.
    """
    words = WORDS[letter]
    text = {name: value for name, value in values.items() if name not in ("words", "url")}
    given = {"about": text, "letter": words, "url": values.get("url")}
    return written(templates, "seller", language, given | {"words_of_staff": values.get("words", "")})


def text_about_seller(
    templates: Templates, letter: VendorLetter, language: Language, values: Mapping[str, Any]
) -> str:
    """A text message: its words, and the link."""
    given = {"text": TEXTS[letter], "about": dict(values), "url": values["url"]}
    return " ".join(templates.render("sms/seller.txt", language, given).split())
