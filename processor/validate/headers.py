"""Headers of a file and names of columns: how they are folded until they meet, and what is nearest when they do not."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from processor.errors import AmbiguousDialect

#: A header worth repeating in a message; anything else may be a value of a file that has no header line.
_NAME_LIKE = re.compile(r"[^\W\d][\w .:/()#%$-]{0,39}")
#: Byte order marks and zero-width characters, which no one sees and str.strip leaves.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"


def trimmed(header: str) -> str:
    """Strip white space and invisible characters from both ends."""
    return header.strip().strip(_INVISIBLE).strip()


def folded(header: str) -> str:
    """Trim and fold the case: what counts as the same name without any doubt."""
    return trimmed(header).casefold()


def loose(header: str) -> str:
    """Fold case and accents and keep only letters and digits: `Preço Unitário` meets `preco_unitario`."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(letter for letter in plain.casefold() if letter.isalnum())


class Matcher:
    """Finds the column that a header means: exact, then folded, then loosely folded, then by the target's aliases."""

    def __init__(self, names: Sequence[str], aliases: Mapping[str, str]) -> None:
        known = {alias: name for alias, name in aliases.items() if name in set(names)}
        self._levels = (
            ("exact", trimmed, {name: {name} for name in names}),
            ("folded", folded, _grouped((folded(name), name) for name in names)),
            ("folded", loose, _grouped((loose(name), name) for name in names)),
            ("alias", loose, _grouped((loose(alias), name) for alias, name in known.items())),
        )

    def column(self, header: str) -> tuple[str, str] | None:
        """Name the column that the header means, and how it does, or None.

        Raises: AmbiguousDialect where two columns are meant alike.
        """
        for how, fold, names in self._levels:
            key = fold(header)
            found = names.get(key) if key else None
            if found and len(found) > 1:
                both = " or ".join(sorted(found))
                raise AmbiguousDialect(f"the header {trimmed(header)!r} may mean {both}: set options.mapping")
            if found:
                return next(iter(found)), how
        return None


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, set()).add(name)
    return groups


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Find the candidate that looks most like the name, or None when none is near."""
    by_key = {loose(candidate): candidate for candidate in candidates}
    found = get_close_matches(loose(name), list(by_key), n=1, cutoff=0.6)
    return by_key[found[0]] if found else None


def shown(header: str, index: int) -> str:
    """Name a field in a message: by its header when that looks like a name, else by its place, counted from 1."""
    text = trimmed(header)
    return f"'{text}'" if _NAME_LIKE.fullmatch(text) else f"field {index + 1}"


def listed(names: Sequence[str], most: int = 20) -> str:
    """Join names for a sentence, the first `most` of them."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
