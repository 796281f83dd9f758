"""The outcome of a choice: the settings that were tried, how far each came, and the chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unweave.display import Displayed
from unweave.interpretation.turns import NONE
from unweave.runs.model import Model
from unweave.studies.criteria import Criteria
from unweave.studies.ranking import RULE


@dataclass(frozen=True)
class Setting:
    """One setting that was tried.

    Attributes
    ----------
    label : str
        The name of its method in the study; its folder's name.
    values : dict
        The values of the settings among which the choice is made.
    folders : tuple of Path
        Its finished runs.
    criteria : Criteria
    """

    label: str
    values: dict[str, Any]
    folders: tuple[Path, ...]
    criteria: Criteria

    @property
    def name(self) -> str:
        """Its values, as they are typed."""
        return ", ".join(f"{name}={value}" for name, value in self.values.items())

    def to_json(self) -> dict[str, Any]:
        """Return all of it."""
        return {
            "method": self.label,
            "settings": self.values,
            "runs": [str(folder) for folder in self.folders],
            **self.criteria.to_json(),
        }


@dataclass(frozen=True)
class Rung:
    """Settings that were trained equally long.

    Attributes
    ----------
    steps : int
    settings : tuple of Setting
        From the best to the worst.
    """

    steps: int
    settings: tuple[Setting, ...]


@dataclass(frozen=True, repr=False)
class Choice(Displayed):
    """The settings and the turn that a model should have on some data, found without labels.

    Attributes
    ----------
    model : str
    data : str
        What the data was asked for; "" for data from memory.
    fixed : dict
        Settings that all runs had.
    seeds : tuple of int
    rungs : tuple of Rung
        The last one holds the settings that were trained to the end.
    folder : Path
    """

    model: str
    data: str
    fixed: dict[str, Any]
    seeds: tuple[int, ...]
    rungs: tuple[Rung, ...]
    folder: Path

    @property
    def chosen(self) -> Setting:
        """The best setting of the last rung."""
        return self.rungs[-1].settings[0]

    @property
    def steps(self) -> int:
        """The steps of the last rung."""
        return self.rungs[-1].steps

    @property
    def turn(self) -> str:
        """How the chosen setting's runs are best turned, ``none`` if they are best as they are."""
        return self.chosen.criteria.turn

    @property
    def settings(self) -> dict[str, Any]:
        """The settings to train with, steps left out."""
        return {**self.fixed, **self.chosen.values}

    @property
    def models(self) -> list[Model]:
        """The chosen setting's runs, as they were learned."""
        return [Model.load(folder) for folder in self.chosen.folders]

    @property
    def advice(self) -> str:
        """One sentence: what to train, how to turn it, and why."""
        found = self.chosen.criteria
        turn = "leave it unturned" if self.turn == NONE else f"turn it by {self.turn}"
        tried = len({each.name for each in self.rungs[0].settings})
        return (
            f"Train {self.model} with {self.chosen.name} and {turn}: of {tried} settings tried it "
            f"is the likeliest of those with the most dimensions to be believed ({found.said()})."
        )

    def facts(self) -> Mapping[str, object]:
        """Return what its ``repr`` says of it."""
        return {
            "model": self.model,
            "data": self.data or "from memory",
            "chosen": self.chosen.name,
            "turn": self.turn,
            "steps": self.steps,
            "criteria": self.chosen.criteria.said(),
            "folder": self.folder,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the document that ``choice.json`` holds."""
        return {
            "model": self.model,
            "data": self.data,
            "rule": RULE,
            "advice": self.advice,
            "chosen": self.chosen.to_json(),
            "settings": self.settings,
            "steps": self.steps,
            "turn": self.turn,
            "seeds": list(self.seeds),
            "rungs": [
                {"steps": rung.steps, "settings": [each.to_json() for each in rung.settings]}
                for rung in self.rungs
            ],
        }
