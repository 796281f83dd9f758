"""Published results beside a study: scores of its methods, and sentences, with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unweave.errors import RequestError, pick
from unweave.metrics.evaluation import named_scores

_CLAIM, _SCORE = {"source", "claim"}, {"source", "method", "score", "value"}


@dataclass(frozen=True)
class Published:
    """What a paper says of a study: a score of one of its methods, or a sentence.

    Attributes
    ----------
    source : str
        The paper, with its table or figure.
    claim : str
        A sentence; "" where it is a score.
    method, score : str
        A method's label, and a score's name; "" in a sentence.
    value : float or None
    """

    source: str
    claim: str = ""
    method: str = ""
    score: str = ""
    value: float | None = None


def read_published(entries: Any, labels: Sequence[str]) -> tuple[Published, ...]:
    """Read the tables ``[[published]]`` of a study file.

    Parameters
    ----------
    entries : list of dict
        With ``source`` and ``claim``, or ``source``, ``method``, ``score`` and ``value``.
    labels : sequence of str
        The study's methods.

    Raises
    ------
    RequestError
        If an entry has other keys or values, or its method or score is unknown.
    """
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise RequestError("published must be tables; write [[published]] over each")
    found = []
    for entry in entries:
        if set(entry) not in (_CLAIM, _SCORE):
            raise RequestError(
                "[[published]] needs source and claim, or source, method, score and value"
            )
        texts = [value for key, value in entry.items() if key != "value"]
        if not all(isinstance(text, str) for text in texts):
            raise RequestError("[[published]]: all but value are texts, in quotes")
        if "value" in entry:
            if type(entry["value"]) not in (int, float):
                raise RequestError("[[published]]: value must be a number")
            pick(entry["method"], labels, "method")
            named_scores([entry["score"]])
        found.append(Published(**entry))
    return tuple(found)
