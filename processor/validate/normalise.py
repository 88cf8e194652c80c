"""The normalisers by name: what each makes of a column's texts, the code of a refusal, and its reason."""

from collections.abc import Callable
from typing import Final

from processor.model import Normaliser
from processor.validate.distinct import Read
from processor.validate.normalisers import brazil, country, email, pattern, phone, text, url

#: Rejections of normalisers, and of a regular expression that names no code of its own.
REFUSED: Final = "IJ415"
NO_MATCH: Final = "IJ416"

NORMALISERS: Final[dict[str, tuple[Callable[[Normaliser], Read], str, str]]] = {
    "email": (lambda _settings: email.normalise, REFUSED, "not a valid e-mail address"),
    "phone": (lambda settings: phone.normaliser(settings.region), REFUSED, "not a valid phone number"),
    "text": (lambda _settings: text.normalise, REFUSED, "no text"),
    "cpf": (lambda _settings: brazil.cpf, REFUSED, "not a valid CPF"),
    "cnpj": (lambda _settings: brazil.cnpj, REFUSED, "not a valid CNPJ"),
    "url": (lambda settings: url.normaliser(settings.scheme), REFUSED, "not a valid web address"),
    "country": (lambda _settings: country.normalise, REFUSED, "not the name or code of a country"),
    "regex": (
        lambda settings: pattern.normaliser(settings.pattern or "", settings.replace),
        NO_MATCH,
        "does not match the column's pattern",
    ),
}


def normaliser_of(settings: Normaliser) -> tuple[Read, str, str]:
    """Give a normaliser's function (texts → texts, null where refused), the code of its refusals and their reason."""
    make, code, reason = NORMALISERS[settings.name]
    return make(settings), settings.code or code, reason
