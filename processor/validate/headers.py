"""Match the headers of a file with the names of columns, and suggest the closest name where nothing matches."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from processor.errors import AmbiguousDialect

#: A header that a message may quote. Any other header may be a value, of a file that has no header line.
_LIKE_A_NAME = re.compile(r"[^\W\d][\w .:/()#%$-]{0,39}")
#: Byte order marks and zero-width characters, which str.strip does not remove.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"


def trim(header: str) -> str:
    """Strip white space and invisible characters from both ends."""
    return header.strip().strip(_INVISIBLE).strip()


def fold(header: str) -> str:
    """Trim a header and fold its case; headers that are equal afterwards are the same name."""
    return trim(header).casefold()


def fold_loosely(header: str) -> str:
    """Fold case and accents and keep only letters and digits: `Preço Unitário` becomes `precounitario`."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(character for character in plain.casefold() if character.isalnum())


class Matcher:
    """Finds the column for a header: by its exact name, folded, folded loosely, then by the target's aliases."""

    def __init__(self, names: Sequence[str], aliases: Mapping[str, str]) -> None:
        known = {alias: name for alias, name in aliases.items() if name in set(names)}
        self._levels = (
            ("exact", trim, {name: {name} for name in names}),
            ("folded", fold, _group((fold(name), name) for name in names)),
            ("folded", fold_loosely, _group((fold_loosely(name), name) for name in names)),
            ("alias", fold_loosely, _group((fold_loosely(alias), name) for alias, name in known.items())),
        )

    def column(self, header: str) -> tuple[str, str] | None:
        """Return the name of the column for a header and how it was found (`Field.how`); None where there is none.

        Raises: AmbiguousDialect when two columns match equally well.
        """
        for how, folding, names in self._levels:
            key = folding(header)
            matches = names.get(key) if key else None
            if matches and len(matches) > 1:
                columns = " or ".join(sorted(matches))
                raise AmbiguousDialect(
                    "the header {header!r} may mean {columns}: set options.mapping",
                    header=trim(header),
                    columns=columns,
                )
            if matches:
                return next(iter(matches)), how
        return None


def _group(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, set()).add(name)
    return groups


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that is most similar to the name, None when none is similar."""
    by_key = {fold_loosely(candidate): candidate for candidate in candidates}
    keys = get_close_matches(fold_loosely(name), list(by_key), n=1, cutoff=0.6)
    return by_key[keys[0]] if keys else None


def is_like_a_name(header: str) -> bool:
    """Return whether a message may quote the header, since it looks like a name and not like a value."""
    return _LIKE_A_NAME.fullmatch(trim(header)) is not None


def describe(header: str, index: int) -> str:
    """Describe a field in a message: by its header if that looks like a name, else by its number, counted from 1."""
    return f"'{trim(header)}'" if is_like_a_name(header) else f"field {index + 1}"


def join_names(names: Sequence[str], most: int = 20) -> str:
    """Join names for a message: the first `most` of them and the number of the others."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
