"""Ordered words: answers and classes whose order everybody knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Each from the lowest to the highest; words of one meaning are in one place.
SCALES: tuple[tuple[str, ...], ...] = (
    ("none", "minimal|very mild|slight", "mild", "moderate", "severe", "very severe|extreme"),
    ("very low", "low", "medium|moderate|mid|middle|average|normal", "high", "very high"),
    ("tiny", "small", "medium|middle|med", "large|big", "huge|very large"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl|2xl", "xxxl|3xl"),
    ("never", "rarely|seldom|hardly ever", "occasionally", "sometimes", "often|frequently",
     "usually|very often", "always"),
    ("not at all", "a little|a little bit|slightly", "somewhat|moderately", "quite a bit",
     "very|a lot|very much|very often", "extremely"),
    ("strongly disagree|completely disagree", "moderately disagree", "disagree|tend to disagree",
     "slightly disagree|somewhat disagree",
     "neutral|neither|neither agree nor disagree|undecided|not sure|uncertain",
     "slightly agree|somewhat agree", "agree|tend to agree", "moderately agree",
     "strongly agree|completely agree"),
    ("very poor|very bad|terrible", "poor|bad", "fair", "average|ok", "good", "very good|better",
     "premium", "excellent", "ideal|best|outstanding"),
    ("very dissatisfied", "dissatisfied", "neutral|neither", "satisfied", "very satisfied"),
    ("very unlikely", "unlikely", "neutral|possible", "likely", "very likely"),
    ("very unhappy", "unhappy|not too happy", "neutral", "happy|pretty happy", "very happy"),
    ("slow", "normal|medium", "fast"),
    ("light", "medium|moderate", "heavy"),
    ("weak", "medium|moderate", "strong"),
    ("young", "middle|middle-aged", "old"),
    ("cold", "cool", "mild|warm", "hot"),
    ("short", "medium|average", "tall|long"),
    ("less", "same|equal|no change", "more"),
    ("worse", "same|equal|no change", "better"),
    ("first", "second", "third", "fourth", "fifth", "sixth"),
    ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th"),
    ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii"),
    ("lower", "middle", "upper"),
    ("private", "corporal", "sergeant", "lieutenant", "captain", "major", "colonel", "general"),
    ("freshman", "sophomore", "junior", "senior"),
    ("asstprof|assistant professor|assistant|asst", "assocprof|associate professor|associate|assoc",
     "prof|professor|full"),
    ("none|no education", "primary|elementary", "lower secondary", "secondary|high school",
     "upper secondary", "some college|vocational", "tertiary|college|university|bachelor",
     "graduate|postgraduate|master", "phd|doctorate"),
)  # fmt: skip
# Words that may be ordered only beside another word of their scale that is not among them.
_PLACES = [
    {word: place for place, words in enumerate(scale) for word in words.split("|")}
    for scale in SCALES
]
_NUMBER = r"\d+(?:[.,]\d+)*"
_RANGE = re.compile(
    rf"(?P<below><=?|under|below|up to|less than|younger than)?\s*[(\[]?[€$£]?(?P<low>-?{_NUMBER})"
    rf"(?P<unit>[kKmM%]?)\s*"
    rf"(?:(?:-|–|to|,|\.\.|/)\s*[€$£]?{_NUMBER}[kKmM%]?\s*[)\]]?"
    rf"|(?P<above>\+|and over|and older|and above|or more|or older|plus))?"
    rf"(?P<word>\s*[a-z.]*)",
    re.IGNORECASE,
)
_ABOVE = re.compile(r"(?P<sign>>=?|over|above|more than|older than)\s*", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?P<word>grade|stage|level|year|week|month|day|visit|wave|round|class|q|quarter|period"
    r"|category|tier|step|season)[ _.-]?(?P<number>\d+|[ivx]+)",
    re.IGNORECASE,
)
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
}


def ordered(levels: Sequence[str]) -> tuple[str, ...] | None:
    """Return the levels in their order, or None if it is not known.

    Known are the words of `SCALES` (three or more of one scale), ranges such as ``0-9``,
    ``10-19``, ``80+`` and ``<20``, and numbered words such as ``stage II``.
    """
    if len(levels) < 3:
        return None
    plain = [_plain(level) for level in levels]
    for places in _PLACES:
        found = [places.get(text, -1) for text in plain]
        if min(found) >= 0 and len(set(found)) == len(found):
            return _sorted_by(levels, found)
    for read in (_range_start, _numbered):
        starts = [read(level) for level in levels]
        known = [start for start in starts if start is not None]
        if len(known) == len(levels) == len(set(known)):
            return _sorted_by(levels, known)
    return None


def _plain(text: str) -> str:
    # 1. never, 2 - rarely: a number before the word says the same as the word.
    bare = re.sub(r"^\s*\(?\d+\s*[.):=-]+\s*", "", text)
    return " ".join(re.sub(r"[_-]+", " ", bare).split()).casefold()


def _range_start(text: str) -> tuple[float, int] | None:
    text = text.strip()
    above = _ABOVE.match(text)
    if above is not None:
        text = text[above.end() :]
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    low = float(match["low"].replace(",", "")) * {"k": 1e3, "m": 1e6}.get(
        match["unit"].casefold(), 1.0
    )
    # '<20' comes before '20-29', and '>60' after '60'.
    return (low, -1 if match["below"] else 1 if above is not None or match["above"] else 0)


def _numbered(text: str) -> tuple[str, int] | None:
    match = _NUMBERED.fullmatch(text.strip())
    if match is None:
        return None
    number = match["number"].casefold()
    if not number.isdigit() and number not in _ROMAN:
        return None
    return match["word"].casefold(), int(number) if number.isdigit() else _ROMAN[number]


def _sorted_by(levels: Sequence[str], places: Sequence[object]) -> tuple[str, ...]:
    by_place = sorted(zip(places, levels, strict=True), key=lambda pair: pair[0])  # type: ignore[arg-type, return-value]
    return tuple(level for _, level in by_place)
