"""What an application must say before it is sent in: by what the seller is, and where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.vendors.document_models import DocumentKind
from marketplace.vendors.legal_ids import LegalId
from marketplace.vendors.models import VendorKind

Said = Mapping[str, Any]
"""What an application says, by the names in SAID; `documents` are the kinds of its papers that count."""
SAID = (
    *("kind", "country_code", "region_code", "programme_id", "craft", "email", "phone", "ice", "legal_ids"),
    *("members_total", "documents"),
)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that an application lacks, in words to whoever writes it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class _Need:
    field: str
    message: str
    is_there: Callable[[Said], object]
    kinds: frozenset[str] = frozenset(VendorKind)
    countries: frozenset[str] | None = None
    """None: everywhere."""

    def is_lacking(self, said: Said) -> bool:
        concerns = said["kind"] in self.kinds and (
            self.countries is None or said["country_code"] in self.countries
        )
        return concerns and not self.is_there(said)


_COOPERATIVE, _COMPANY = frozenset({VendorKind.COOPERATIVE}), frozenset({VendorKind.HERITAGE_COMPANY})
_LEGAL_PERSONS = _COOPERATIVE | _COMPANY
_MOROCCO, _SENEGAL, _IVORY_COAST = frozenset({"MA"}), frozenset({"SN"}), frozenset({"CI"})


def _number(*kinds: LegalId) -> Callable[[Said], object]:
    return lambda said: any(said["legal_ids"].get(kind.value) for kind in kinds)


def _paper(*kinds: DocumentKind) -> Callable[[Said], object]:
    return lambda said: any(kind.value in said["documents"] for kind in kinds)


_NEEDS = (
    _Need("craft", "What do you make? A few words are enough.", lambda said: said["craft"]),
    _Need("region", "In which region do you work?", lambda said: said["region_code"], countries=_MOROCCO),
    _Need(
        "email",
        "How can we reach you? Give an e-mail address or a telephone number.",
        lambda said: said["email"] or said["phone"],
    ),
    _Need(
        "programme",
        "Through which programme are you accompanied?",
        lambda said: said["programme_id"],
        kinds=frozenset({VendorKind.ENTREPRENEUR}),
    ),
    _Need(
        "membersTotal",
        "How many members has the cooperative?",
        lambda said: said["members_total"],
        kinds=_COOPERATIVE,
    ),
    _Need(
        "ice",
        "Give the ICE, 15 digits.",
        lambda said: said["ice"],
        kinds=_LEGAL_PERSONS,
        countries=_MOROCCO,
    ),
    _Need(
        "legalIds",
        "Give the number in the local register of cooperatives, or ODCO's.",
        _number(LegalId.LOCAL_REGISTER, LegalId.ODCO),
        kinds=_COOPERATIVE,
        countries=_MOROCCO,
    ),
    _Need(
        "legalIds",
        "Give the number in the trade register or in the national register of craft.",
        _number(LegalId.TRADE_REGISTER, LegalId.CRAFT_REGISTER),
        kinds=_COMPANY,
        countries=_MOROCCO,
    ),
    _Need(
        "legalIds",
        "Give the identifiant fiscal.",
        _number(LegalId.TAX_ID),
        kinds=_COMPANY,
        countries=_MOROCCO,
    ),
    _Need("legalIds", "Give the NINEA.", _number(LegalId.NINEA), kinds=_LEGAL_PERSONS, countries=_SENEGAL),
    _Need(
        "legalIds",
        "Give the numéro de compte contribuable.",
        _number(LegalId.TAX_ACCOUNT),
        kinds=_LEGAL_PERSONS,
        countries=_IVORY_COAST,
    ),
    _Need(
        "documents",
        "Upload the statutes of the cooperative.",
        _paper(DocumentKind.STATUTES),
        kinds=_COOPERATIVE,
    ),
    _Need(
        "documents",
        "Upload an extract of the register, or the statutes.",
        _paper(DocumentKind.REGISTRATION, DocumentKind.STATUTES),
        kinds=_COMPANY,
    ),
)


def missing(said: Said) -> list[Missing]:
    """All that an application lacks, in the order of the form."""
    return [Missing(need.field, need.message) for need in _NEEDS if need.is_lacking(said)]
