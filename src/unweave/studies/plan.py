"""Study files: the models, settings, seeds, data and scores of a study."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from unweave.errors import RequestError, nearest, pick, shown
from unweave.metrics.evaluation import SPLITS, named_scores
from unweave.models.aliases import model_name
from unweave.settings import MOST_SEEDS
from unweave.studies.presets import PRESETS
from unweave.studies.published import Published, read_published
from unweave.training.request import check_settings

KEYS: tuple[str, ...] = ("title", "data", "models", "seeds", "scores", "split", "settings", "model")
KEYS += ("method", "published", "changes")
MOST_RUNS = 200
PLAN_FILE = "study.toml"


@dataclass(frozen=True)
class Method:
    """A model and its settings, to be trained with every seed.

    Attributes
    ----------
    label : str
        The model's name and the settings that set it apart in this study; its folder's name.
    model : str
    changes : dict
        The settings that the study file gives it.
    """

    label: str
    model: str
    changes: dict[str, Any]

    @property
    def title(self) -> str:
        """The label with its settings as they are written, which a folder's name cannot have."""
        varied = [
            f"{key}={value}" for key, value in self.changes.items() if f"-{key}=" in self.label
        ]
        return " ".join([self.model, *varied]) if varied else self.label


@dataclass(frozen=True)
class StudyPlan:
    """The contents of a study file.

    Attributes
    ----------
    data : str
        The name or path of the data.
    methods : tuple of Method
    seeds : tuple of int
    scores : tuple of str or None
        Names of scores; every one that the data allows if None.
    split : str
        The part of the data that is scored.
    text : str
        The file's text.
    title : str
        What the study is, in a line; "" where the file does not say.
    published : tuple of Published
        What is known of it from papers.
    """

    data: str
    methods: tuple[Method, ...]
    seeds: tuple[int, ...]
    scores: tuple[str, ...] | None
    split: str
    text: str
    title: str = ""
    published: tuple[Published, ...] = ()

    @property
    def count(self) -> int:
        """The number of runs."""
        return len(self.methods) * len(self.seeds)


def read_plan(
    path: Path | str, *, seeds: int | None = None, changes: Mapping[str, Any] | None = None
) -> StudyPlan:
    """Read a study file.

    A TOML file with ``data``, ``models`` (a list of names), ``seeds`` (a number, or a list),
    ``scores`` and ``split`` (both optional), a table ``[settings]`` for all models, and tables
    ``[model.NAME]`` for one. A list as the value of a setting makes a grid, and so do several
    tables ``[[model.NAME]]``. In place of ``models``, tables ``[[method]]`` list methods one by
    one: ``name``, ``model``, settings. ``title`` and tables ``[[published]]`` tell of the study
    itself.

    Parameters
    ----------
    path : path
        The file, or the name of a published study in `PRESETS`.
    seeds : int, optional
        Their number, in place of the file's.
    changes : mapping of str to Any, optional
        Settings of all models, which override the file's. With `seeds` they are written at the
        end of the plan's text, as a table ``[changes]``.

    Raises
    ------
    RequestError
        If the file cannot be read, or an entry is unknown or does not fit; names the line.
    """
    named = str(path)
    path = Path(path)
    try:
        own = path if path.exists() else PRESETS.get(named, path)
        text = own.read_text(encoding="utf-8")
        document = tomllib.loads(text)
        if seeds is not None or changes:
            if "changes" in document:
                raise RequestError(f"{path}: has a table [changes] already; edit it there")
            text += _changes_text(seeds, changes or {})
            document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "is not a text file"
        raise RequestError(
            f"{path}: {said}; name a study file in TOML{nearest(named, PRESETS)}, or one of "
            f"{', '.join(PRESETS)}"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"{path}: {error}; mend the TOML there") from None
    except RecursionError:
        raise RequestError(f"{path}: lists are nested too deeply; mend the TOML there") from None
    except ValueError as error:  # A number of thousands of digits.
        raise RequestError(f"{path}: {error}; mend the TOML there") from None
    return _File(path, text, document).plan()


@dataclass(frozen=True)
class _File:
    """A study file while it is read; errors name the line."""

    path: Path
    text: str
    document: Mapping[str, Any]

    def plan(self) -> StudyPlan:
        for key in self.document:
            if key not in KEYS:
                self._refuse(key, f"unknown key {shown(key)}{nearest(key, KEYS)}")
        listed = "method" in self.document
        for key in ("data", "method" if listed else "models", "seeds"):
            if key not in self.document:
                raise RequestError(f"{self.path}: {key} is missing; a study names {key} = …")
        data = self.document["data"]
        if not isinstance(data, str):
            self._refuse("data", "data must be one name or path, in quotes")
        scores = self._scores()
        split = self.document.get("split", "test")
        if not isinstance(split, str):
            self._refuse("split", f"split must be one of {', '.join(SPLITS)}, in quotes")
        self._try("split", lambda: pick(split, SPLITS, "split"))
        title = self.document.get("title", "")
        if not isinstance(title, str):
            self._refuse("title", "title must be a line of text, in quotes")
        methods = self._listed() if listed else self._methods()
        labels = [method.label for method in methods]
        entries = self.document.get("published", [])
        published = self._try("published", lambda: read_published(entries, labels))
        return StudyPlan(data, methods, self._seeds(), scores, split, self.text, title, published)

    def _listed(self) -> tuple[Method, ...]:
        """Return the methods of the tables ``[[method]]``."""
        tables = self.document["method"]
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            self._refuse("method", "method must be tables; write [[method]] on a line of its own")
        if "models" in self.document or "model" in self.document:
            self._refuse("models", "a study has models or [[method]], not both; remove one of them")
        common = self._table("settings", self.document.get("settings", {}))
        methods: dict[str, Method] = {}
        for number, table in enumerate(tables, start=1):
            try:
                method = _listed_method({**common, **table})
                if method.label in methods:
                    raise RequestError(f"name {method.label!r} is taken; give it another")
            except RequestError as error:
                raise RequestError(f"{self.path}, [[method]] {number}: {error}") from None
            methods[method.label] = method
        return tuple(methods.values())

    def _methods(self) -> tuple[Method, ...]:
        names = self.document["models"]
        names = [names] if isinstance(names, str) else names
        if not _are_names(names) or not names:
            self._refuse("models", 'models must be a list of names, such as ["factor-vae"]')
        names = [self._try("models", partial(model_name, name)) for name in names]
        common = self._table("settings", self.document.get("settings", {}))
        changes = self._table("changes", self.document.get("changes", {}))
        changes.pop("seeds", None)
        own = self._own_settings(names)
        found = []
        for name in dict.fromkeys(names):
            tables = own.get(name, {})
            tables = tables if isinstance(tables, list) else [tables]
            read = [self._table(name, table, f"model.{name}") for table in tables]
            found += self._grid(name, [{**common, **table, **changes} for table in read])
        return tuple(found)

    def _own_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the table of each model that has one."""
        own: dict[str, Any] = {}
        for written, table in self._table("model", self.document.get("model", {})).items():
            name = self._try(written, partial(model_name, written))
            if name not in names:
                self._refuse(written, f"[model.{written}] is not among models")
            if name in own:
                self._refuse(written, f"[model.{written}]: {name} has a table already")
            own[name] = table
        return own

    def _grid(self, name: str, tables: Sequence[Mapping[str, Any]]) -> list[Method]:
        """Return a method for every combination of settings that have lists, in every table."""
        several = [
            {key: value if isinstance(value, list) else [value] for key, value in table.items()}
            for table in tables
        ]
        methods: list[Method] = []
        known: dict[str, str] = {}
        for choices in several:
            apart = {
                key for key in choices if any(each.get(key) != choices[key] for each in several)
            }
            methods += self._of_table(name, choices, apart, known)
        return methods

    def _of_table(
        self, name: str, choices: dict[str, list[Any]], apart: set[str], known: dict[str, str]
    ) -> list[Method]:
        """Return the methods of one table; `apart` are the settings in which tables differ."""
        methods: list[Method] = []
        for key, values in choices.items():
            if not values:
                self._refuse(key, f"{key} has an empty list; give it values")
        for combination in itertools.product(*choices.values()):
            # A list within the list is one value of a setting that takes several numbers.
            changes = {
                key: ",".join(map(str, value)) if isinstance(value, list) else value
                for key, value in zip(choices, combination, strict=True)
            }
            for key, value in changes.items():
                self._try(key, lambda key=key, value=value: check_settings(name, {key: value}))
            self._try(name, lambda changes=changes: check_settings(name, changes))
            varied = [
                f"{key}={changes[key]}" for key in choices if len(choices[key]) > 1 or key in apart
            ]
            method = Method(folder_label(name, varied), name, changes)
            alike = str(check_settings(name, changes))  # However the values are written.
            if alike in known or method.label in known.values():
                key = next((key for key in choices if len(choices[key]) > 1), name)
                self._refuse(key, f"{method.label} is named twice; remove one of the values")
            known[alike] = method.label
            methods.append(method)
        return methods

    def _seeds(self) -> tuple[int, ...]:
        seeds = self.document.get("changes", {}).get("seeds", self.document["seeds"])
        if isinstance(seeds, int) and not isinstance(seeds, bool):
            if seeds > MOST_SEEDS:
                self._refuse("seeds", f"seeds = {seeds} is too many; at most {MOST_SEEDS:,}")
            seeds = list(range(seeds))
        good = isinstance(seeds, list) and all(
            isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in seeds
        )
        if not good or not seeds:
            self._refuse("seeds", "seeds must be how many (at least 1), or a list of numbers")
        return tuple(dict.fromkeys(seeds))

    def _scores(self) -> tuple[str, ...] | None:
        names = self.document.get("scores")
        if names is None:
            return None
        if not _are_names(names) or not names:
            self._refuse("scores", 'scores must be a list of names, such as ["mig"]')
        names = [name.strip() for name in names]
        found = self._try("scores", lambda: named_scores(names))
        return tuple(score.name for score in found)

    def _table(self, key: str, value: Any, full: str = "") -> dict[str, Any]:
        full = full or key
        if not isinstance(value, dict):
            self._refuse(key, f"{full} must be a table; write [{full}] on a line of its own")
        return dict(value)

    def _try(self, key: str, read: Any) -> Any:
        try:
            return read()
        except RequestError as error:
            self._refuse(key, str(error))

    def _refuse(self, key: str, why: str) -> NoReturn:
        # The TOML library does not say on which line a key was.
        place = re.search(rf"^[ \t]*\[{{0,2}}[\w.\" -]*{re.escape(key)}\b", self.text, re.MULTILINE)
        line = self.text[: place.end()].count("\n") + 1 if place else 1
        raise RequestError(f"{self.path}, line {line}: {why}")


def _changes_text(seeds: int | None, changes: Mapping[str, Any]) -> str:
    """Return a table of TOML with the changes."""
    given = {**({} if seeds is None else {"seeds": seeds}), **changes}
    lines = [f"{json.dumps(key)} = {_toml(_as_setting(value))}" for key, value in given.items()]
    return "\n[changes]\n" + "\n".join(lines) + "\n"


def _as_setting(value: Any) -> Any:
    """Return a setting's value as a study file has it, in which a list would be a grid."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value


def _listed_method(table: dict[str, Any]) -> Method:
    """Return the method of a table ``[[method]]``."""
    label, model = table.pop("name", None), table.pop("model", None)
    if not isinstance(label, str) or not isinstance(model, str):
        raise RequestError("a name and a model are wanted, both in quotes")
    if label != folder_label(label, []):
        raise RequestError(f"name {label!r} is no name for a folder; use letters, digits and =.-")
    model = model_name(model)
    check_settings(model, table)
    return Method(label, model, table)


def listing_plan(
    data: str, methods: Sequence[Method], seeds: Sequence[int], scores: Sequence[str], split: str
) -> StudyPlan:
    """Return the plan of some methods, with the text of the study file that lists them."""
    lines = [
        f"data = {_toml(data)}",
        f"seeds = {list(seeds)}",
        f"scores = {_toml(list(scores))}",
        f"split = {_toml(split)}",
    ]
    for method in methods:
        named = {"name": method.label, "model": method.model, **method.changes}
        lines += ["", "[[method]]", *(f"{key} = {_toml(value)}" for key, value in named.items())]
    text = "\n".join(lines) + "\n"
    return StudyPlan(data, tuple(methods), tuple(seeds), tuple(scores), split, text)


def _toml(value: Any) -> str:
    """Return a value as TOML writes it; what is neither a number nor a list is a text."""
    plain = isinstance(value, bool | int | float | list)
    return json.dumps(value if plain else str(value), ensure_ascii=False)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def folder_label(name: str, varied: list[str]) -> str:
    """Return a name that every system allows for a folder."""
    return re.sub(r"[^\w.=+-]+", "_", "-".join([name, *varied]))
