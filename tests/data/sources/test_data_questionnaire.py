"""The made-up questionnaire: answers, traits, and the items that each trait drives."""

import numpy as np

from unweave.data import load_data


def test_answers_are_ratings_and_follow_their_traits():
    data = load_data("questionnaire:rows=2000")
    answers = data.table.restore(data.samples[:])
    assert list(answers)[:6] == ["N1", "N2", "N3", "N4", "N5", "E1"]
    assert set(np.unique(answers.to_numpy().round(4))) == {1.0, 2.0, 3.0, 4.0, 5.0}
    correlations = np.corrcoef(answers.T, data.factors.values.T)[:25, 25:]
    own = data.factors.loadings != 0
    assert (own.sum(0) == 5).all()
    # λ / sqrt(λ² + 0.36 + 1/12 for the rounding), λ from 0.54 to 1.1; cutting off takes a little.
    assert (abs(correlations[own]) > 0.55).all()
    assert (abs(correlations[~own]) < 0.1).all()
    assert (np.sign(correlations[own]) == np.sign(data.factors.loadings[own])).all()


def test_what_it_cannot_be_is_refused(refuses):
    refuses(lambda: load_data("questionnaire:rows=3"), "rows=3")
    refuses(lambda: load_data("questionnaire:seed=-1"), "seed")
