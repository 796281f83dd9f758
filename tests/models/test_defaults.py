"""Defaults stand in one table, and every one of them is in effect somewhere."""

import dataclasses

import pytest

from unweave.models.defaults import Defaults, kind_of
from unweave.models.families import FAMILIES, MODELS, family_of, model_settings
from unweave.nets.columns import ColumnCode, ColumnLayout
from unweave.runs.training_settings import TrainingSettings, training_settings

SHAPES = ((6,), (1, 8, 8), (1, 28, 28), (1, 64, 64), (3, 64, 64))
LEVELS = ColumnLayout((ColumnCode("ordered-logit", levels=5), ColumnCode("bernoulli", levels=2)))
COLUMNS = [field.name for field in dataclasses.fields(Defaults)]


def in_effect():
    """Yield family, model, shape, form and all settings of every case."""
    for family in FAMILIES:
        for model in family.corners:
            for shape in SHAPES:
                for form in family.forms or ("",):
                    own = model_settings(model, shape, {"form": form} if form else {})
                    values = own.to_json() | training_settings(model, shape, {}, form).to_json()
                    yield family, model, shape, form, values
            own = model_settings(model, (2,), {}, layout=LEVELS)
            values = own.to_json() | training_settings(model, (2,), {}).to_json()
            yield family, model, (2,), "", values


CASES = list(in_effect())


def written(group, name, value):
    """Return a value as JSON has it."""
    read = group.read({name: value})[name]
    return list(read) if isinstance(read, tuple) else read if _plain(read) else str(read)


def _plain(value):
    return value is None or isinstance(value, (bool, int, float, str))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_declared_default_is_in_effect_for_some_model(family):
    for group in (family.settings, TrainingSettings):
        declared = group().to_json()
        if group is TrainingSettings:
            used = [values for *_, values in CASES]
        else:
            used = [values for owner, *_, values in CASES if owner is family]
        for name, default in declared.items():
            assert any(values[name] == default for values in used), f"{name} = {default}"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_value_of_the_table_is_in_effect_somewhere(family):
    tables = [("", family.defaults), *((n, c.defaults) for n, c in family.corners.items())]
    tables += [(name, Defaults(all=corner.settings)) for name, corner in family.corners.items()]
    for model, defaults in tables:
        used = [values for owner, of, *_, values in CASES if owner is family and model in ("", of)]
        for column in COLUMNS:
            for name, value in getattr(defaults, column).items():
                group = family.settings if name in family.settings.names() else TrainingSettings
                wanted = written(group, name, value)
                assert any(v[name] == wanted for v in used), f"{model} {column} {name} = {value}"


def test_the_more_particular_column_wins():
    defaults = Defaults(
        all={"a": 0, "b": 0, "c": 0},
        tables={"a": 1},
        tables_of_levels={"b": 7},
        images={"a": 2, "b": 2, "c": 2},
        small_images={"b": 3},
        large_images={"b": 4},
        paper={"c": 5},
        paper_small_images={"a": 6},
    )

    def merged(shape, form="", **of):
        values = {}
        for column in defaults.columns(shape, form, **of):
            values |= column
        return values

    assert merged((6,)) == {"a": 1, "b": 0, "c": 0}
    assert merged((6,), of_levels=True) == {"a": 1, "b": 7, "c": 0}
    assert merged((1, 32, 32)) == {"a": 2, "b": 3, "c": 2}
    assert merged((1, 33, 32)) == {"a": 2, "b": 4, "c": 2}
    assert merged((1, 8, 8), "paper") == {"a": 6, "b": 3, "c": 5}
    assert merged((6,), "paper") == {"a": 1, "b": 0, "c": 0}


@pytest.mark.parametrize("name", MODELS)
def test_only_settings_have_defaults(name):
    family = family_of(name)
    known = {*family.settings.names(), *TrainingSettings.names()}
    for column in COLUMNS:
        for defaults in (family.defaults, family.corners[name].defaults):
            assert set(getattr(defaults, column)) <= known
    assert set(family.corners[name].settings) <= known


def test_a_shape_is_a_table_or_images():
    assert kind_of((6,)) == "table"
    assert kind_of((1, 8, 8)) == "images"


def test_levels_alone_have_defaults_of_their_own_and_one_number_is_enough_for_the_others():
    numbers = ColumnLayout((*LEVELS.columns, ColumnCode()))
    given = ColumnLayout((*LEVELS.columns, ColumnCode(given=True)))
    table = MODELS["bf-vae"].defaults
    for layout, wanted in (
        (None, table.tables),
        (LEVELS, table.tables_of_levels),
        (numbers, table.tables),
        (given, table.tables_of_levels),
    ):
        assert str(model_settings("bf-vae", (3,), {}, layout=layout).beta) == str(wanted["beta"])
    assert model_settings("bf-vae", (2,), {"beta": 3}, layout=LEVELS).beta == 3
