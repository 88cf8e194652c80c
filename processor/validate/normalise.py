"""The normalisers by name: the function that rewrites the texts, and the code and reason of a rejection."""

from collections.abc import Callable
from typing import Final

from processor.model import Normaliser
from processor.validate.normalisers import brazil, country, email, pattern, phone, text, url
from processor.validate.rewriting import Rewrite

#: The codes of values that a normaliser rejects, and of values that do not match a column's regular expression.
INVALID: Final = "IJ415"
NO_MATCH: Final = "IJ416"

NORMALISERS: Final[dict[str, tuple[Callable[[Normaliser], Rewrite], str, str]]] = {
    "email": (lambda _settings: email.normalise, INVALID, "not a valid e-mail address"),
    "phone": (lambda settings: phone.normaliser(settings.region), INVALID, "not a valid phone number"),
    "text": (lambda _settings: text.normalise, INVALID, "not a valid text"),
    "cpf": (lambda _settings: brazil.normalise_cpf, INVALID, "not a valid CPF"),
    "cnpj": (lambda _settings: brazil.normalise_cnpj, INVALID, "not a valid CNPJ"),
    "url": (lambda settings: url.normaliser(settings.scheme), INVALID, "not a valid web address"),
    "country": (lambda _settings: country.normalise, INVALID, "not the name or code of a country"),
    "regex": (
        lambda settings: pattern.normaliser(settings.pattern or "", settings.replace),
        NO_MATCH,
        "does not match the column's pattern",
    ),
}


def normaliser_of(settings: Normaliser) -> tuple[Rewrite, str, str]:
    """Return the function of a normaliser, and the code and reason with which it rejects a value."""
    make, code, reason = NORMALISERS[settings.name]
    return make(settings), settings.code or code, reason
