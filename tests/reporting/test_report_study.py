"""A study's report: page, Markdown and CSV."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from unweave.reporting.page_script import ALLOWED, SCRIPT
from unweave.reporting.runs import report_folder
from unweave.reporting.study_figures import _limits, _styles, data_name
from unweave.reporting.study_report import (
    BOLD,
    differences_table,
    facts,
    report_study,
    scores_table,
)
from unweave.studies.plan import Method, StudyPlan
from unweave.studies.results import Result, Study

SCORES = ("rmse", "mig", "mutual-information", "total-correlation", "dimension-wise-kl")


@pytest.fixture
def known(tmp_path):
    """Return a study of two methods, three seeds, whose second is better by 0.1 of MIG."""

    def make(seeds=(0, 1, 2), names=("plain", "bett<er")):
        generator = np.random.default_rng(0)
        results = []
        for place, name in enumerate(names):
            for seed in seeds:
                values = dict(zip(SCORES, generator.uniform(1, 2, len(SCORES)), strict=True))
                values["mig"] = 0.3 + 0.01 * seed + 0.1 * place
                units = {"rmse": "of the range 0 to 1"}
                folder = tmp_path / name / str(seed)
                results.append(Result(name, seed, folder, values, units, 60.0, 500, 4))
        methods = tuple(Method(name, "vae", {}) for name in names)
        plan = StudyPlan("sprites", methods, tuple(seeds), None, "test", 'data = "sprites"\n')
        return Study(plan, tmp_path, tuple(results), ("a: is not finished",), ("b: is damaged",))

    return make


def test_tables(known):
    table = scores_table(known())
    assert table.heads == ["method", "seeds", *SCORES]
    assert table.rows[0][:2] == ["plain", "3"]
    assert table.rows[0][3] == "0.310 (0.285 to 0.335)"
    (line,) = differences_table(known(), "mig").rows
    assert line == ["plain", "bett<er", "3", "-0.100 (-0.100 to -0.100)", "bett<er"]


def test_the_methods_of_a_model_have_one_colour_where_there_are_several(known):
    study = known(names=("a", "b", "c"))
    colours, marks = zip(*_styles(study).values(), strict=True)
    assert len(set(colours)) == len(set(marks)) == 3
    models = ["vae", "vae", "factor-vae"]
    methods = [
        replace(method, model=model)
        for method, model in zip(study.plan.methods, models, strict=True)
    ]
    mixed = replace(study, plan=replace(study.plan, methods=tuple(methods)))
    colours, marks = zip(*_styles(mixed).values(), strict=True)
    assert colours[0] == colours[1] != colours[2]
    assert marks[0] == marks[2] != marks[1]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("sprites:left_out=shape=0/x=16..", "sprites:left_out=shape=0/x=16.."),
        ("/home/me/pictures.npz", "pictures.npz"),
    ],
)
def test_figures_name_the_data_without_its_folder(known, data, name):
    study = known()
    assert data_name(replace(study, plan=replace(study.plan, data=data))) == name


def test_the_best_mean_is_bold(known, tmp_path):
    study = known()
    assert study.best("mig") == "bett<er"
    means = {method: study.summary(method, "rmse").mean for method in study.methods}
    assert study.best("rmse") == min(means, key=means.get)
    assert known(names=("plain",)).best("mig") is None
    table = scores_table(study)
    assert {column for _, column in table.bold} == set(range(2, 2 + len(SCORES)))
    assert (1, 3) in table.bold
    assert (0, 3) not in table.bold
    html = table.to_html()
    assert "<td><strong>0.410 (0.385 to 0.435)</strong></td>" in html
    assert "<td>0.310 (0.285 to 0.335)</td>" in html
    report_study(study, tmp_path / "study.md")
    text = (tmp_path / "study.md").read_text(encoding="utf-8")
    assert "| **0.410 (0.385 to 0.435)** |" in text
    assert "| 0.310 (0.285 to 0.335) |" in text
    assert BOLD in text
    report_study(known(names=("plain",)), tmp_path / "one.md")
    assert BOLD not in (tmp_path / "one.md").read_text(encoding="utf-8")


def test_axes_keep_to_the_range_of_a_score_and_to_its_values(known):
    study = known()
    assert _limits(study, "mig", (-0.2, 1.2)) == (0, 1)
    assert _limits(study, "mig", (0.25, 0.45)) == (0.25, 0.45)
    assert _limits(study, "rmse", (-1.0, 3.0)) == (0, 3)
    for result in study.results:
        result.values["total-correlation"] = -0.01 * (1 + result.seed)
    assert _limits(study, "total-correlation", (-0.04, 0.1)) == (-0.03, 0.1)
    for result in study.results:
        result.values["unknown"] = 7.0
    assert _limits(study, "unknown", (6.9, 7.1)) == (6.9, 7.1)


def test_one_seed_has_no_interval(known):
    table = scores_table(known(seeds=(4,)))
    assert table.rows[0][3] == "0.340"
    assert differences_table(known(seeds=(4,)), "mig").rows[0][4] == "one seed"


def test_facts_tell_what_is_missing(known):
    text = " ".join(facts(known()))
    assert "6 of 6 runs" in text
    assert "500 steps per run" in text
    assert "differences between equal methods" not in text
    assert "of 3 differences" in " ".join(facts(known(names=("a", "b", "c"))))
    assert "Not finished: 1 runs" in text
    assert "1 broken: b: is damaged" in text


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.outside, self.sortable, self.buttons, self.images = [], 0, 0, 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.sortable += "sortable" in (given.get("class") or "")
        self.buttons += tag == "button"
        self.images += tag == "img"
        for key in ("src", "href"):
            value = given.get(key) or ""
            if value and not value.startswith(("data:", "#")):
                self.outside.append(value)


def test_the_page_holds_all_and_asks_for_nothing(known, tmp_path):
    path = tmp_path / "study.html"
    report_study(known(), path)
    text = path.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert not page.outside
    # Scores, differences of each of the five scores, runs.
    assert page.sortable == 7
    assert page.buttons >= 2 + len(SCORES)
    # Dots, plane, KL, rank correlations.
    assert page.images == 4
    assert "bett&lt;er" in text
    assert "bett<er" not in text
    assert ALLOWED in text
    assert SCRIPT in text
    assert len(re.findall("<script", text)) == 1


def test_markdown_and_csv(known, tmp_path):
    report_study(known(), tmp_path / "study.md")
    text = (tmp_path / "study.md").read_text(encoding="utf-8")
    assert "| plain | 3 | " in text
    assert '```toml\ndata = "sprites"\n```' in text
    report_study(known(), tmp_path / "study.csv")
    assert len((tmp_path / "study.csv").read_text().splitlines()) == 7


def test_what_cannot_be_reported(known, tmp_path, refuses):
    refuses(lambda: report_study(known(), tmp_path / "study.pdf"), ".html, .md or .csv")
    refuses(lambda: report_study(known(seeds=()), tmp_path / "study.md"), "no run")
    (tmp_path / "study.md").mkdir()
    refuses(lambda: report_study(known(), tmp_path / "study.md"), "study.md")


def test_a_folder_with_a_study_is_reported_as_one(known, tmp_path, refuses):
    (tmp_path / "study.toml").write_text('data = "fa15"\nmodels = ["vae"]\nseeds = 1\n')
    refuses(lambda: report_folder(tmp_path, tmp_path / "page.html"), "no run of this study")


def test_only_a_study_is_reported_in_markdown_or_csv(tmp_path, refuses):
    for name in ("page.md", "page.csv"):
        refuses(lambda name=name: report_folder(tmp_path, tmp_path / name), "is not a study")


def test_results_are_json(known):
    document = json.loads(json.dumps(known().to_json(), allow_nan=False))
    assert document["methods"]["plain"]["mig"]["interval"] == pytest.approx(
        [0.31 - 4.3027 * 0.01 / np.sqrt(3), 0.31 + 4.3027 * 0.01 / np.sqrt(3)], abs=1e-6
    )
    assert document["rank_correlations"]["scores"] == list(SCORES)
    assert document["rank_correlations"]["values"][1][1] == pytest.approx(1)
