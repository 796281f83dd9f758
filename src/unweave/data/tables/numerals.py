"""Numbers as people write them: decimal marks, thousands, currencies, brackets, percentages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

_GROUPED = {
    # A group of thousands never begins with 0: 0,123 is a decimal number.
    ".": r"(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:[ \u00a0\u202f'’]\d{3})+|\d+)(?:\.\d+)?|\.\d+",
    ",": r"(?:[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?:[ \u00a0\u202f'’]\d{3})+|\d+)(?:,\d+)?|,\d+",
}
_NUMBER = {
    mark: re.compile(
        rf"(?P<sign>[+-]?)\s*(?P<before>[€$£¥]?)\s*(?P<inner>[+-]?)(?P<number>{digits})"
        r"(?P<power>[eE][+-]?\d+)?\s*"
        r"(?P<suffix>[kKmMbB]|[mM][nN]|[bB][nN])?\s*(?P<after>[€$£¥%]?)"
    )
    for mark, digits in _GROUPED.items()
}
_CHANGE = {
    mark: re.compile(rf"(?P<number>[+-]?(?:{digits}))\s*[+-]\s*(?:{digits})")
    for mark, digits in _GROUPED.items()
}
_MONTH = re.compile(r"[12]\d{3}\s*-\s*(0?[1-9]|1[0-2])")
_GROUP_OF_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_SMALL_WHOLE = re.compile(r"[+-]?\d{1,3}")
_BRACKETS = re.compile(
    r"(?P<before>[€$£¥]?)\s*\(\s*(?P<inner>[^()+-]*\d[^()+-]*)\)\s*(?P<after>[€$£¥%]?)"
)
_POWERS = {"k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}
_SIGNS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-"})


def read_number(text: str, mark: str = ".") -> float | None:
    """Read ``€95.5M``, ``3bn``, ``1,234,567``, ``45%`` (45), ``−4.41``, ``(4.41)`` or return None.

    Parameters
    ----------
    text : str
    mark : {".", ","}
        The decimal mark. A number that is only written with the other one is read by that.
    """
    number = _read(text, mark)
    return _read(text, _other(mark)) if number is None else number


def read_change(text: str, mark: str = ".") -> float | None:
    """Read ``70+1`` as 70, or return None; ``2014-06`` is a month, and no number."""
    text = text.translate(_SIGNS)
    match = _CHANGE[mark].fullmatch(text)
    if match is None or _MONTH.fullmatch(text):
        return None
    return _plain(match["number"], mark)


def evidence(texts: Iterable[str]) -> int:
    """Count the texts that are numbers with a decimal comma only, less those with a point only."""
    balance = 0
    for text in texts:
        comma, point = _read(text, ",") is not None, _read(text, ".") is not None
        balance += int(comma) - int(point)
    return balance


def groups_beside_small_numbers(texts: Sequence[str]) -> bool:
    """Tell whether ``7.685`` stands beside ``560``, and no number has other decimals.

    In a file of semicolons that says no more of its decimal mark, these points are between
    thousands: whole numbers from 1,000 on are all written with one.
    """
    points = [text for text in texts if "." in text]
    others = [text for text in texts if "." not in text]
    return (
        bool(points)
        and bool(others)
        and all(_GROUP_OF_POINTS.fullmatch(text) for text in points)
        and all(_SMALL_WHOLE.fullmatch(text) for text in others)
    )


def plain_numbers(texts: np.ndarray) -> np.ndarray:
    """Read N texts, objects, that are numbers with a point, all at once; NaN for others."""
    return np.array(pd.to_numeric(texts, errors="coerce"), dtype=np.float64)


def number_text(number: float) -> str:
    """Write a number as a level's text: 3 rather than 3.0."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def _read(text: str, mark: str) -> float | None:
    text = text.translate(_SIGNS)
    negative = False
    if (bracketed := _BRACKETS.fullmatch(text)) is not None:
        text, negative = "".join(part.strip() for part in bracketed.groups()), True
    match = _NUMBER[mark].fullmatch(text)
    if match is None or (match["sign"] and match["inner"]):
        return None
    if match["before"] and match["after"]:
        return None
    suffix = match["suffix"] or ""
    currency = match["before"] or match["after"] in ("€", "$", "£", "¥")
    # Without a currency a lone small letter is more likely a unit: metres, bytes.
    if suffix in ("m", "b") and not currency:
        return None
    number = _plain(match["number"] + (match["power"] or ""), mark)
    number *= _POWERS.get(suffix.casefold(), 1.0)
    return -number if negative or "-" in (match["sign"], match["inner"]) else number


def _plain(digits: str, mark: str) -> float:
    for between in (_other(mark), " ", "\u00a0", "\u202f", "'", "’"):
        digits = digits.replace(between, "")
    return float(digits.replace(",", "."))


def _other(mark: str) -> str:
    return "," if mark == "." else "."
