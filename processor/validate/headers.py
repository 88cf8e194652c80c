"""Match the headers of a file with the names of columns, and suggest the closest name where nothing matches."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

#: A header that a message may quote. Any other header may be a value, of a file that has no header line.
_LIKE_A_NAME = re.compile(r"[^\W\d][\w .:/()#%$-]{0,39}")
#: Byte order marks and zero-width characters, which str.strip does not remove.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_SPACES = re.compile(r"[\s_-]+")
_NOT_WORDS = re.compile(r"[\W_]+")


def trim(header: str) -> str:
    """Strip white space and invisible characters from both ends."""
    return header.strip().strip(_INVISIBLE).strip()


def fold(header: str) -> str:
    """Trim a header and fold its case; headers that are equal afterwards are the same name."""
    return trim(header).casefold()


def fold_spaces(header: str) -> str:
    """Fold case and accents, and write white space, `_` and `-` as one space: `E-Mail` becomes `e mail`."""
    return _SPACES.sub(" ", _plain(trim(header)))


def fold_words(header: str) -> str:
    """Fold case and accents, and write all that is no letter or digit as one space, so that words stay apart."""
    return " ".join(_NOT_WORDS.sub(" ", _plain(header)).split())


def fold_loosely(header: str) -> str:
    """Fold case and accents and keep only letters and digits: `Preço Unitário` becomes `precounitario`."""
    return "".join(character for character in _plain(header) if character.isalnum())


def _plain(header: str) -> str:
    """Fold case and accents."""
    if header.isascii():
        return header.lower()
    decomposed = unicodedata.normalize("NFKD", header.casefold()).casefold()
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def fold_cut(header: str) -> str:
    """Trim a header, cut it as Postgres cuts names, at 63 bytes, and fold its case."""
    return trim(header).encode()[:63].decode("utf-8", "ignore").casefold()


#: The foldings by which a header may match a name, the closest first. Those that keep words apart come before the one
#: that does not: `Q1 12` and `Q11 2` are two names.
_FOLDINGS: Final = (trim, fold, fold_cut, fold_spaces, fold_words, fold_loosely)
#: The first of them, which change nothing but the case.
_CLOSE: Final = 2


@dataclass(frozen=True, slots=True)
class Match:
    """The columns that a header means, all equally closely, how they were found, and how closely (0: the same text)."""

    columns: frozenset[str]
    how: str
    level: int


class Matcher:
    """Finds the columns for a header: by its exact name, then folded more and more loosely, then by aliases."""

    def __init__(self, names: Sequence[str], aliases: Mapping[str, str]) -> None:
        known = set(names)
        self._names = [(name, name) for name in names]
        self._aliases = [(alias, name) for alias, name in aliases.items() if name in known]
        self._levels = list[dict[str, set[str]]]()

    def match(self, header: str, *, closely: bool = False) -> Match | None:
        """Return the closest match of a header, None where there is none; `closely`: only its case may differ."""
        count = len(_FOLDINGS) * (2 if self._aliases else 1)
        for level in range(count):
            folding = _FOLDINGS[level % len(_FOLDINGS)]
            if closely and level % len(_FOLDINGS) >= _CLOSE:
                continue
            key = folding(header)
            found = self._level(level).get(key) if key else None
            if found:
                how = "exact" if level == 0 else "folded" if level < len(_FOLDINGS) else "alias"
                return Match(frozenset(found), how, level)
        return None

    def _level(self, level: int) -> dict[str, set[str]]:
        """Return the names of a level by their keys. Most headers are exact, so the others are seldom made."""
        while len(self._levels) <= level:
            at = len(self._levels)
            pairs = self._names if at < len(_FOLDINGS) else self._aliases
            folding = _FOLDINGS[at % len(_FOLDINGS)]
            self._levels.append(_group((name if at == 0 else folding(name), column) for name, column in pairs))
        return self._levels[level]


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
