"""Which submissions are nearly the same? By tokens, so names and layout do not count."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LENGTH = 12  # tokens in a row that are compared
ALIKE = 0.8  # of the tokens of both, from here on it is worth a look
LEAST = 40  # runs of tokens of one's own: below, there is too little to compare
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|^\s*#[^\n]*", re.S | re.M)
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|0[xX][\da-fA-F]+|\d+|[A-Za-z_]\w*|[^\s\w]')
_KEYWORDS = set(
    "break case char const continue default do else enum extern for goto if int long "
    "return short signed sizeof static struct switch typedef union unsigned void "
    "while".split()
)


@dataclass(frozen=True)
class Pair:
    first: str
    second: str
    alike: float  # 0 to 1


def _tokens(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(_COMMENT.sub(" ", text)):
        if re.match(r"[A-Za-z_]", token) and token not in _KEYWORDS:
            yield "name"
        else:
            yield token if token[0] != '"' else '""'


def shingles(texts: Iterable[str]) -> set[int]:
    """The runs of tokens in some files, as hashes."""
    found = set()
    for text in texts:
        tokens = list(_tokens(text))
        for start in range(len(tokens) - LENGTH + 1):
            found.add(hash(tuple(tokens[start : start + LENGTH])))
    return found


def pairs(submissions: Mapping[str, set[int]], given: set[int]) -> list[Pair]:
    """The pairs that are alike beyond what everybody was given, most alike first."""
    own = {name: runs - given for name, runs in submissions.items()}
    names = sorted(name for name, runs in own.items() if len(runs) >= LEAST)
    found = []
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            a, b = own[first], own[second]
            if min(len(a), len(b)) < ALIKE * max(len(a), len(b)):
                continue
            common = len(a & b)
            alike = common / (len(a) + len(b) - common)
            if alike >= ALIKE:
                found.append(Pair(first, second, alike))
    return sorted(found, key=lambda pair: (-pair.alike, pair.first, pair.second))
