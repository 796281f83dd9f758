"""Study files: what they ask for, and how they are refused."""

import pytest

from unweave.errors import RequestError
from unweave.studies.plan import read_plan

GOOD = """\
data = "fa15"
models = ["factor-vae", "vae"]
seeds = 2

[settings]
steps = 40

[model.vae]
beta = [1.0, 4.0]
learning_rate = [0.001, 0.01]
"""


@pytest.fixture
def plan(tmp_path):
    def read(text):
        path = tmp_path / "study.toml"
        path.write_text(text, encoding="utf-8")
        return read_plan(path)

    return read


def test_lists_make_a_grid(plan):
    found = plan(GOOD)
    assert [method.label for method in found.methods] == [
        "factor-vae",
        "vae-beta=1.0-learning_rate=0.001",
        "vae-beta=1.0-learning_rate=0.01",
        "vae-beta=4.0-learning_rate=0.001",
        "vae-beta=4.0-learning_rate=0.01",
    ]
    assert found.seeds == (0, 1)
    assert found.count == 10
    assert found.methods[0].changes == {"steps": 40}
    assert found.methods[3].changes == {"steps": 40, "beta": 4.0, "learning_rate": 0.001}
    assert found.scores is None
    assert found.split == "test"


def test_common_settings_can_be_a_grid_too(plan):
    found = plan('data = "fa15"\nmodels = "vae"\nseeds = [7, 3]\n[settings]\nbeta = [1, 2]\n')
    assert [method.label for method in found.methods] == ["vae-beta=1", "vae-beta=2"]
    assert found.seeds == (7, 3)


def test_a_schedule_is_a_value_and_its_folder_has_a_plain_name(plan):
    text = GOOD.replace("[1.0, 4.0]", '["linear(0, 4, 0.5)", 1]')
    titles = {method.label: method.title for method in plan(text).methods}
    written = titles["vae-beta=linear_0_4_0.5_-learning_rate=0.001"]
    assert written == "vae beta=linear(0, 4, 0.5) learning_rate=0.001"


def test_a_list_in_a_list_is_one_value(plan):
    text = GOOD.replace("beta = [1.0, 4.0]", "hidden = [[20, 10], [30]]")
    assert [method.changes.get("hidden") for method in plan(text).methods][1:4:2] == ["20,10", "30"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("models =", "model_s =", 2, "did you mean 'models'"),
        ('"vae"]', '"vea"]', 2, "did you mean 'vae'"),
        ("seeds = 2", "seeds = 0", 3, "at least 1"),
        ("seeds = 2", "seeds = true", 3, "seeds"),
        ("seeds = 2", "seeds = [1, -2]", 3, "seeds"),
        ("seeds = 2", 'seeds = 2\nscores = ["migg"]', 4, "did you mean 'mig'"),
        ("seeds = 2", 'seeds = 2\nscores = "mig"', 4, "list"),
        ("seeds = 2", 'seeds = 2\nsplit = "tests"', 4, "did you mean 'test'"),
        ("steps = 40", "stepps = 40", 6, "did you mean 'steps'"),
        ("beta = [1.0, 4.0]", "betta = 1.0", 9, "did you mean 'beta'"),
        ("beta = [1.0, 4.0]", 'beta = ["much"]', 9, "beta"),
        ("beta = [1.0, 4.0]", "beta = []", 9, "empty"),
        ("[model.vae]", "[model.beta-vae]", 8, "not among models"),
        ("[settings]\nsteps = 40", "settings = 3", 5, "table"),
        ('"fa15"', "15", 1, "data"),
        ('["factor-vae", "vae"]', "[3]", 2, "list of names"),
        ('["factor-vae", "vae"]', '[["vae"]]', 2, "list of names"),
        ('["factor-vae", "vae"]', "[]", 2, "list of names"),
        ("seeds = 2", "seeds = 2\nscores = [1]", 4, "list of names"),
        ("seeds = 2", "seeds = 2\nscores = []", 4, "list of names"),
        ("seeds = 2", "seeds = 2\nsplit = 3", 4, "one of train"),
        ("seeds = 2", 'seeds = 2\nsplit = ["test"]', 4, "one of train"),
        ("seeds = 2", "seeds = 100000000000", 3, "too many"),
        ("steps = 40", 'steps = "many"', 6, ": steps=many: a whole number"),
        (GOOD[GOOD.index("[model.vae]") :], "[model]\nvae = 3\n", 9, r"\[model.vae\] on a line"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(plan, old, new, line, words):
    with pytest.raises(RequestError, match=words) as caught:
        plan(GOOD.replace(old, new))
    assert f"study.toml, line {line}:" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_scores_are_named_once_and_without_blanks(plan):
    assert plan(GOOD.replace("seeds = 2", 'seeds = 2\nscores = [" mig", "mig"]')).scores == ("mig",)


def test_what_is_missing_is_named(plan):
    for key in ("data", "models", "seeds"):
        lines = [line for line in GOOD.splitlines() if not line.startswith(key)]
        with pytest.raises(RequestError, match=f"{key} is missing"):
            plan("\n".join(lines))


def test_files_that_are_no_study(plan, tmp_path):
    with pytest.raises(RequestError, match="mend the TOML"):
        plan("data = ")
    with pytest.raises(RequestError, match="No such file"):
        read_plan(tmp_path / "none.toml")
    with pytest.raises(RequestError, match="directory"):
        read_plan(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RequestError, match="text"):
        read_plan(tmp_path / "binary.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[settings]\nbeta = ["linear(0,4)", "linear(0, 4)"]', "is named twice"),
        ("[settings]\nbeta = [1, 1.0]", "is named twice"),
        ("[settings]\nbeta = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("[settings]\nbeta = " + "9" * 5000, "digits"),
    ],
    ids=["one schedule", "one number", "nested", "digits"],
)
def test_values_that_no_study_can_have(text, words, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(f'data = "fa15"\nmodels = ["beta-vae"]\nseeds = 2\n{text}\n')
    with pytest.raises(RequestError, match=words) as caught:
        read_plan(path)
    assert len(str(caught.value)) < 500
