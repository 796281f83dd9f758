"""Dates and times: how they are recognised, read as numbers and written again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

DAY = 86_400.0
# The days of the years 1 to 9999, which the calendar can write.
YEARS = (-719_162.0, 2_932_896.0)
QUARTER = "%Y-Q"
# Of two that read all cells, the earlier one holds. Months before days in slashes is the
# American way, which most published tables follow; points are German.
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M%z",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d%b%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%a %b %d %H:%M:%S %Y",
    "%Y-%m",
    "%Y/%m",
    "%m/%Y",
    "%m/%y",
    "%b %Y",
    "%B %Y",
    "%b-%Y",
    "%b-%y",
)
TIME_FORMATS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
# Of a second, as finely as the calendar of the standard library divides it.
MOST_DECIMALS = 6
_DECIMALS = re.compile(r":\d\d\.(?P<decimals>\d{1,6})")
_QUARTER = re.compile(r"(?P<year>\d{4})[ -]?[Qq](?P<quarter>[1-4])")
_HAS_DATE = re.compile(r"\d")
# Days, months and hours that may be written without a leading zero, %-d as in the C library.
_UNPADDED = ("dm", "HI", "dmHI")
# Mark a zero to drop, and the end of a fraction to cut: no text has them.
_DROP, _CUT = "\x01", "\x02"
# Day, month and year in numerals, and the fields that read them, however they are separated.
_NUMERALS = re.compile(r"^\s*(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_FIELDS = re.compile(r"^(%-?[dmYy])[-/.](%-?[dmYy])[-/.](%-?[dmYy])")
_SEPARATOR = " "


def read_durations(texts: Sequence[str]) -> np.ndarray:
    """Return the seconds of durations such as ``1 days 02:30:00``, NaN where a text is none."""
    return np.asarray(pd.to_timedelta(pd.Series(texts), errors="coerce").dt.total_seconds())


def find_format(texts: Sequence[str], least_share: float) -> tuple[str, np.ndarray] | None:
    """Return the format of dates or times that reads most texts, and their numbers.

    Parameters
    ----------
    texts : sequence of str
        M distinct texts.
    least_share : float
        Share of the texts that must be read.

    Returns
    -------
    tuple of str and numpy.ndarray, or None
        The format, and M float64: days since 1970 for dates, seconds for times, NaN where a
        text is neither. None where no format reads enough. Of ``%d`` and ``%-d``, with and
        without a leading zero, the one that writes more texts as they were.
    """
    if not any(_HAS_DATE.search(text) for text in texts[:10]):
        return None
    probe = list(texts[:: max(1, len(texts) // 200)])
    best: tuple[int, int, str] = (0, 0, "")
    for form in (*DATE_FORMATS, QUARTER, *TIME_FORMATS):
        # A wrong format seldom reads the first texts: most are dismissed by these.
        if np.isnan(read_dates(probe[:5], form)).all():
            continue
        read = int(np.isfinite(read_dates(probe, form)).sum())
        exactly = 0 if form == QUARTER else int(np.isfinite(_read(probe, form)).sum())
        if (read, exactly) > best[:2]:
            best = (read, exactly, form)
    if best[0] < least_share * len(probe):
        return None
    numbers = read_dates(texts, best[2])
    if np.isfinite(numbers).sum() < least_share * len(texts):
        return None
    return _as_written(probe, best[2]), numbers


def _as_written(texts: Sequence[str], form: str) -> str:
    """Return the format without the leading zeros that most texts do not have."""
    numbers = read_dates(texts, form)
    known = np.isfinite(numbers)
    wanted = [text for text, is_read in zip(texts, known, strict=True) if is_read]
    ways = [form, *(re.sub(f"%([{fields}])", r"%-\1", form) for fields in _UNPADDED)]
    write = write_times if is_time(form) else write_dates
    alike = [sum(map(str.__eq__, wanted, write(numbers[known], way))) for way in ways]
    return ways[int(np.argmax(alike))]


def _padded(form: str) -> str:
    return form.replace("%-", "%")


def is_time(form: str) -> bool:
    """Tell whether a format is of times of the day."""
    return _padded(form) in TIME_FORMATS


def read_dates(texts: Sequence[str], form: str) -> np.ndarray:
    """Read texts as days since 1970, or as seconds where `form` is of times; NaN for others.

    Texts with an offset from UTC are brought to UTC. Where day, month and year stand in the order
    of the format, they may be separated by another of ``-``, ``/`` and ``.``: spreadsheets rewrite
    the dates that they recognise, and leave the others of a column as they were.
    """
    if form == QUARTER:
        return np.array([_quarter(text) for text in texts], dtype=np.float64)
    found = _read(texts, form)
    unread = np.flatnonzero(np.isnan(found))
    if len(unread) and (alike := _separated(form, _FIELDS)) != form:
        others = [texts[place] for place in unread.tolist()]
        found[unread] = _read([_separated(text, _NUMERALS) for text in others], alike)
    return found


def _separated(text: str, parts: re.Pattern[str]) -> str:
    """Return a date, or its format, with both separators of its first three parts changed."""
    return parts.sub(rf"\1{_SEPARATOR}\2{_SEPARATOR}\3", text, count=1)


def _read(texts: Sequence[str], form: str) -> np.ndarray:
    """Read texts that are written in exactly this format; see `read_dates`."""
    cells = pd.Series(list(texts), dtype=object)
    stamps = pd.to_datetime(cells, format=_padded(form), errors="coerce", utc="%z" in form)
    if is_time(form):
        return (stamps - stamps.dt.normalize()).dt.total_seconds().to_numpy(np.float64)
    return days_of(stamps)


def days_of(stamps: pd.Series) -> np.ndarray:
    """Return days since 1970 of datetimes, float64; time zones are brought to UTC."""
    if getattr(stamps.dt, "tz", None) is not None:
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    ticks = stamps.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(ticks), np.nan, ticks.astype(np.int64) / (DAY * 1e6))


def decimals_of_texts(texts: Sequence[str]) -> int:
    """Return the most digits that the fractions of seconds of texts have; 0 without any."""
    found = (_DECIMALS.search(text) for text in texts)
    return max((len(match["decimals"]) for match in found if match is not None), default=0)


def decimals_of(seconds: np.ndarray) -> int:
    """Return the digits after the point that seconds need, up to `MOST_DECIMALS`."""
    ticks = np.round(seconds[np.isfinite(seconds)] * 10.0**MOST_DECIMALS).astype(np.int64)
    digits = MOST_DECIMALS
    while digits and not (ticks % 10).any():
        ticks, digits = ticks // 10, digits - 1
    return digits


def write_dates(days: np.ndarray, form: str, decimals: int = MOST_DECIMALS) -> list[str]:
    """Write days since 1970 as `form` says; months and quarters are the nearest ones.

    What was read with an offset from UTC is written in UTC. Fractions of seconds, where the
    format has them, are written with so many digits.
    """
    stamps = stamps_of(
        days, whole_days="%H" not in _padded(form), decimals=_written_decimals(form, decimals)
    )
    if form == QUARTER:
        return [f"{stamp.year}Q{stamp.quarter}" for stamp in stamps]
    if "%d" not in _padded(form):
        # The middle of a month is nearer to it than its first day is to the next month's.
        months = stamps.to_numpy(dtype="datetime64[M]")
        stamps = pd.DatetimeIndex(months.astype("datetime64[s]"))
    return _written(stamps, form.replace("%z", "+00:00"), decimals)


def stamps_of(days: np.ndarray, whole_days: bool, decimals: int = 0) -> pd.DatetimeIndex:
    """Return datetimes of days since 1970, to the nearest day, or second to so many decimals."""
    clipped = np.clip(days, *YEARS)
    if whole_days or not decimals:
        seconds = np.round(clipped * (1 if whole_days else DAY)) * (DAY if whole_days else 1)
        return pd.DatetimeIndex(seconds.astype(np.int64).astype("datetime64[s]"))
    return pd.DatetimeIndex(_microseconds(clipped * DAY, decimals).astype("datetime64[us]"))


def write_times(seconds: np.ndarray, form: str, decimals: int = MOST_DECIMALS) -> list[str]:
    """Write seconds as times of the day."""
    ticks = clock_ticks(seconds, _written_decimals(form, decimals))
    return _written(pd.DatetimeIndex(ticks.astype("datetime64[us]")), form, decimals)


def clock_ticks(seconds: np.ndarray, decimals: int) -> np.ndarray:
    """Return microseconds since midnight, int64, of a day's seconds to so many decimals."""
    last = int(DAY * 1e6) - 10 ** (MOST_DECIMALS - decimals)
    ticks: np.ndarray = np.clip(_microseconds(seconds, decimals), 0, last)
    return ticks


def _microseconds(seconds: np.ndarray, decimals: int) -> np.ndarray:
    parts = np.round(seconds * 10.0**decimals).astype(np.int64)
    ticks: np.ndarray = parts * 10 ** (MOST_DECIMALS - decimals)
    return ticks


def _written_decimals(form: str, decimals: int) -> int:
    return decimals if "%f" in form else 0


def _written(stamps: pd.DatetimeIndex, form: str, decimals: int) -> list[str]:
    """Write datetimes; not every C library knows %-d, and none how many digits %f has."""
    texts = stamps.strftime(form.replace("%-", f"{_DROP}%").replace("%f", f"%f{_CUT}"))
    dropped = MOST_DECIMALS - (decimals or MOST_DECIMALS)
    return [re.sub(rf"{_DROP}0?|\d{{{dropped}}}{_CUT}", "", text) for text in texts]


def _quarter(text: str) -> float:
    match = _QUARTER.fullmatch(text)
    if match is None:
        return np.nan
    first = np.datetime64(f"{match['year']}-{3 * int(match['quarter']) - 2:02d}-01", "D")
    return float(first.astype(np.int64))
