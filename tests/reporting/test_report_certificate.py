"""Certificates on pages, in figures and in the studio's readings."""

import pytest

import unweave as uw
from support import planted
from unweave.app.readings import certificates_html
from unweave.reporting.certificate import certificate_lines, certificate_section, percent
from unweave.reporting.run_folders import DataFinder
from unweave.reporting.runs import certificates

DATA = "fa15:rows=200"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    uw.train_seeds("vae", DATA, seeds=2, steps=200, latent_dim=4, progress=False, out=folder)
    return folder


def test_percents_are_never_certain():
    assert [percent(each) for each in (0.0, 0.004, 0.5, 0.9999)] == ["1 %", "1 %", "50 %", "99 %"]


def test_a_section_has_a_line_for_each_dimension():
    runs = [planted(seed) for seed in range(2)]
    section = certificate_section(runs, runs[0].dataset())
    assert section.title == "Which dimensions are real: vae on fa15"
    html = "".join(part if isinstance(part, str) else part.to_html() for part in section.parts)
    for k in (0, 2, 4):
        assert f"z{k}</" in html
    assert "real (" in html


def test_runs_without_a_certificate_have_no_section():
    runs = [planted(0), planted(0)]
    assert certificate_section(runs, runs[0].dataset()) is None


def test_two_seeds_have_a_section_of_a_page_and_one_has_none(place):
    both = [uw.load(place / f"seed-{seed}") for seed in (0, 1)]
    assert len(certificates(both, DataFinder())) == 1
    assert certificates(both[:1], DataFinder()) == []


def test_the_studio_certifies_a_run_by_the_seeds_beside_it(place):
    model = uw.load(place / "seed-1")
    shown = "".join(certificates_html(model, model.dataset()))
    assert "No certificate" not in shown
    assert "Table of evidence, vae on fa15, 2 seeds, as learned." in shown
    alone = planted()
    (shown,) = certificates_html(alone, alone.dataset())
    assert "No certificate" in shown
    assert "train another seed" in shown


def test_lines_are_empty_where_nothing_is_said():
    assert certificate_lines(None, "") == []
