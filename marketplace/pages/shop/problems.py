"""What a buyer is told when the shop says no: the API's codes in the words of the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marketplace.pages.api import Data
from marketplace.pages.languages import marked

UNKNOWN = marked("Cela n’a pas fonctionné. Vérifiez et réessayez.")

MESSAGES: Mapping[str, str] = {
    "INSUFFICIENT_STOCK": marked("Il n’en reste pas autant. Réduisez la quantité."),
    "QUANTITY_GREATER_THAN_LIMIT": marked("C’est plus que ce que l’on peut commander en une fois."),
    "ZERO_QUANTITY": marked("Choisissez au moins une pièce."),
    "PRODUCT_NOT_PUBLISHED": marked("Ce produit n’est plus en vente."),
    "PRODUCT_UNAVAILABLE_FOR_PURCHASE": marked("Ce produit n’est plus en vente."),
    "UNAVAILABLE_VARIANT_IN_CHANNEL": marked("Ce produit n’est pas vendu dans ce marché."),
    "NOT_FOUND": marked("Ce produit ou ce panier n’existe plus."),
    "NO_LINES": marked("Votre panier est vide."),
    "EMAIL_NOT_SET": marked("Indiquez votre adresse e-mail."),
    "SHIPPING_ADDRESS_NOT_SET": marked("Indiquez l’adresse de livraison."),
    "BILLING_ADDRESS_NOT_SET": marked("Indiquez l’adresse de livraison."),
    "SHIPPING_METHOD_NOT_SET": marked("Choisissez une livraison."),
    "SHIPPING_METHOD_NOT_APPLICABLE": marked("Cette livraison n’est plus possible. Choisissez-en une autre."),
    "DELIVERY_METHOD_NOT_APPLICABLE": marked("Cette livraison n’est plus possible. Choisissez-en une autre."),
    "INVALID_SHIPPING_METHOD": marked("Cette livraison n’est plus possible. Choisissez-en une autre."),
    "CHECKOUT_NOT_FULLY_PAID": marked("Avec cette livraison, on ne peut pas payer à la réception."),
    "CARD_NOT_NOW": marked(
        "Le paiement par carte ne répond pas pour le moment. Rien n’a été débité, et votre panier est gardé."
    ),
    "CARD_DECLINED": marked(
        "Votre banque a refusé ce paiement. Rien n’a été débité. Essayez une autre carte, ou appelez-la."
    ),
    "CARD_NOT_DONE": marked("Le paiement n’a pas été terminé. Rien n’a été débité. Vous pouvez réessayer."),
    "VOUCHER_NOT_APPLICABLE": marked(
        "Votre code promo ne convient pas ou plus à cette commande. Retirez-le pour continuer."
    ),
    "GIFT_CARD_NOT_APPLICABLE": marked("Votre carte cadeau n’est plus valable. Retirez-la pour continuer."),
    "TAX_ERROR": marked("Les taxes ne sont pas connues pour l’instant. Réessayez dans un moment."),
    "REQUIRED": marked("Ce champ est nécessaire."),
    "LOGIN_ATTEMPT_DELAYED": marked("Trop d’essais. Attendez un peu, puis réessayez."),
    "PASSWORD_RESET_ALREADY_REQUESTED": marked("Trop d’essais. Attendez un peu, puis réessayez."),
    "ACCOUNT_NOT_CONFIRMED": marked("Confirmez d’abord votre adresse : une lettre vous attend."),
    "INACTIVE": marked("Ce compte est fermé."),
    "UNIQUE": marked("Il y a déjà un compte avec cette adresse."),
    "PASSWORD_TOO_SHORT": marked("Ce mot de passe est trop court."),
    "PASSWORD_TOO_COMMON": marked("Ce mot de passe est parmi les premiers que l’on essaie."),
    "PASSWORD_ENTIRELY_NUMERIC": marked("Ce mot de passe n’a que des chiffres."),
    "PASSWORD_TOO_SIMILAR": marked("Ce mot de passe ressemble à votre adresse."),
    "INVALID_CREDENTIALS": marked("L’adresse e-mail ou le mot de passe ne convient pas."),
}

FIELD_MESSAGES: Mapping[tuple[str, str], str] = {
    ("token", "INVALID"): marked("Ce lien n’est plus valable. Demandez-en un autre."),
    ("email", "REQUIRED"): marked("Indiquez votre adresse e-mail."),
    ("email", "INVALID"): marked("Cette adresse e-mail n’est pas complète, par exemple nom@exemple.ma."),
    ("phone", "REQUIRED"): marked("Indiquez un numéro : le livreur vous appelle avant de passer."),
    ("phone", "INVALID"): marked("Ce numéro n’existe pas. Au Maroc, il a dix chiffres : 06 12 34 56 78."),
    ("postalCode", "INVALID"): marked("Ce code postal n’est pas valable. Au Maroc, il a cinq chiffres."),
    ("city", "REQUIRED"): marked("Indiquez la ville ou le douar."),
    ("streetAddress1", "REQUIRED"): marked("Indiquez la rue et le numéro, ou un repère."),
    ("firstName", "REQUIRED"): marked("Indiquez votre prénom."),
    ("lastName", "REQUIRED"): marked("Indiquez votre nom."),
    ("countryArea", "REQUIRED"): marked("Choisissez la région."),
    ("countryArea", "INVALID"): marked("Choisissez une région de la liste."),
}


CASH_MESSAGES: Mapping[str, str] = {
    "CHANNEL": marked("Dans ce marché, on ne peut pas encore payer à la réception."),
    "NO_DELIVERY": MESSAGES["SHIPPING_METHOD_NOT_SET"],
    "CARRIER": MESSAGES["CHECKOUT_NOT_FULLY_PAID"],
    "COUNTRY": marked("Dans ce pays, on ne peut pas payer à la réception."),
    "TOO_LITTLE": marked("Cette commande est trop petite pour être payée à la réception."),
    "TOO_MUCH": marked("Cette commande est trop grande pour être payée à la réception."),
    "REFUSALS": marked(
        "Plusieurs commandes ont été refusées à la porte : celle-ci ne peut pas être payée à la réception."
    ),
    "OPEN_ORDERS": marked("D’autres commandes sont encore à payer à la réception : recevez-les d’abord."),
}
"""Why nothing can be paid at the door: by the reasons that the gateway gives."""

PROMO_MESSAGES: Mapping[str, str] = {
    "INVALID": marked("Ce code n’est pas valable. Vérifiez-le et réessayez."),
    "VOUCHER_NOT_APPLICABLE": marked(
        "Ce code ne convient pas à ce panier : montant, articles, livraison ou client."
    ),
    "TOO_MANY": MESSAGES["LOGIN_ATTEMPT_DELAYED"],
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: the API's name of the field (None: the whole form) and its code."""

    field: str | None
    code: str
    line: str | None = None

    @property
    def message(self) -> str:
        """For the catalogue: templates translate it."""
        return FIELD_MESSAGES.get((self.field or "", self.code)) or message_of(self.code)


def message_of(code: str) -> str:
    return MESSAGES.get(code, UNKNOWN)


def cash_message(reason: str) -> str:
    return CASH_MESSAGES.get(reason, UNKNOWN)


def promo_message(code: str) -> str:
    """What is told beside the field of promo codes."""
    return PROMO_MESSAGES.get(code) or message_of(code)


def promo_problem_of(problem: Problem) -> str:
    """What `promo_message` knows a problem by. One wrong code is the field's problem; too many are not."""
    return "TOO_MANY" if problem.code == "INVALID" and problem.field is None else problem.code


def problems_in(*payloads: Data | None) -> list[Problem]:
    """The errors of mutations' payloads, each told once. A payload that is missing is a thing not found."""
    found: dict[tuple[str | None, str], Problem] = {}
    for payload in payloads:
        for error in payload["errors"] if payload is not None else [{"code": "NOT_FOUND"}]:
            line = next(iter(error.get("lines") or []), None)
            problem = Problem(error.get("field"), error["code"], line)
            found.setdefault((problem.field, problem.code), problem)
    return list(found.values())


def by_field(problems: Iterable[Problem], fields: Iterable[str]) -> dict[str, Problem]:
    """The first problem of each field; under "" that of the form as a whole."""
    known = set(fields)
    placed: dict[str, Problem] = {}
    for problem in problems:
        place = problem.field if problem.field in known else ""
        placed.setdefault(place or "", problem)
    return placed
