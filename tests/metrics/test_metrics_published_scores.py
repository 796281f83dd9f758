"""Scores against plain reimplementations from the papers, on six kinds of codes."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mutual_info_score

import unweave as uw

DRAWN = np.random.default_rng(4)
FACTORS = np.stack([DRAWN.integers(size, size=800) for size in (3, 4, 5)], axis=1)
SCALED = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
NOISE = DRAWN.standard_normal((800, 3))
NOISY = SCALED + 0.3 * NOISE
KINDS = {
    "noisy": NOISY,
    "mixed": NOISY @ np.linalg.qr(DRAWN.standard_normal((3, 3)))[0],
    "twice": np.hstack([NOISY, SCALED + 0.3 * NOISE[::-1]]),
    "ignored": NOISY[:, :2],
    "curved": np.sin(2 * NOISY) + NOISY**3 / 9,
    "noise": NOISE,
}


def binned(codes):
    low, high = codes.min(0), codes.max(0)
    return np.minimum((20 * (codes - low) / (high - low)).astype(int), 19)


@pytest.mark.parametrize("kind", KINDS)
def test_infomec(kind):
    codes = KINDS[kind] / KINDS[kind].std(0)
    spent = [mutual_info_score(column, column) for column in FACTORS.T]
    shares = np.array(
        [
            mutual_info_classif(codes, column, n_neighbors=10, random_state=0) / whole
            for column, whole in zip(FACTORS.T, spent, strict=True)
        ]
    )
    losses = []
    for column in FACTORS.T:
        model = LogisticRegression(C=np.inf, class_weight="balanced", max_iter=100)
        losses.append([
            log_loss(column, model.fit(each, column).predict_proba(each))
            for each in (codes - codes.mean(0), np.zeros_like(codes))
        ])  # fmt: skip
    with np.errstate(invalid="ignore"):
        of_code, of_factor = shares.max(0) / shares.sum(0), shares.max(1) / shares.sum(1)
    found = uw.score(codes, FACTORS, "infomec")["scores"]
    explicit = np.mean([1 - loss / base for loss, base in losses])
    assert found["info-e"]["value"] == pytest.approx(explicit, abs=1e-3)
    if kind != "noise":
        count = codes.shape[1]
        modular = (np.mean(of_code) - 1 / 3) / (1 - 1 / 3)
        compact = (np.mean(of_factor) - 1 / count) / (1 - 1 / count)
        assert found["info-m"]["value"] == pytest.approx(modular, abs=0.01)
        assert found["info-c"]["value"] == pytest.approx(compact, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_gaps(kind):
    places = binned(KINDS[kind])
    table = np.array([[mutual_info_score(v, z) for v in FACTORS.T] for z in places.T])
    whole = np.array([mutual_info_score(v, v) for v in FACTORS.T])
    own = np.array([mutual_info_score(z, z) for z in places.T])
    ranked = np.sort(table / whole, axis=1)
    found = uw.score(KINDS[kind], FACTORS, "mig-sup,jemmig,dcimig")["scores"]
    assert found["mig-sup"]["value"] == pytest.approx((ranked[:, -1] - ranked[:, -2]).mean())
    gaps = np.zeros_like(table)
    for k, row in enumerate(table):
        gaps[k, row.argmax()] = np.sort(row)[-1] - np.sort(row)[-2]
    assert found["dcimig"]["value"] == pytest.approx(gaps.max(0).sum() / whole.sum())
    each = []
    for f, column in enumerate(table.T):
        best, second = np.sort(column)[::-1][:2]
        joint = own[column.argmax()] + whole[f] - best
        each.append(1 - (joint - best + second) / (whole[f] + np.log(20)))
    assert found["jemmig"]["value"] == pytest.approx(np.mean(each))


def test_pure_noise():
    noise = np.random.default_rng(1).standard_normal((3000, 3))
    factors = np.random.default_rng(2).integers(0, 4, (3000, 3))
    found = uw.score(noise, factors, "infomec,mcc,mig-sup,dcimig,dci-explicitness")["scores"]
    assert found["info-m"]["beyond_chance"] == {"modularity": 0, "compactness": 0}
    assert found["dci-explicitness"]["value"] == pytest.approx(1, abs=0.005)
    assert found["dci-explicitness"]["informativeness"] == pytest.approx(0, abs=0.01)
    for name in ("info-e", "mcc", "mig-sup", "dcimig"):
        assert found[name]["value"] == pytest.approx(0, abs=0.06)


@pytest.mark.parametrize("kind", KINDS)
def test_mean_correlation(kind):
    table = np.abs(np.corrcoef(FACTORS.T, KINDS[kind].T)[:3, 3:])
    wanted = table[linear_sum_assignment(-table)].sum() / 3
    # In one sample; the score matches on one half and correlates on the other.
    assert uw.score(KINDS[kind], FACTORS, "mcc")["scores"]["mcc"]["value"] == pytest.approx(
        wanted, abs=0.08
    )


@pytest.mark.parametrize("kind", ["curved", "mixed"])
def test_explicitness_is_the_area_above_the_curve(kind):
    found = uw.score(KINDS[kind], FACTORS, "dci-explicitness")["scores"]["dci-explicitness"]
    each = []
    for loss in found["loss"].values():
        area, least = 0.0, min(loss)
        for place in range(1, len(loss)):
            width = found["capacity"][place] - found["capacity"][place - 1]
            area += width * (loss[place] + loss[place - 1] - 2 * least) / 2
        each.append(1 - 2 * area / (found["capacity"][-1] - found["capacity"][0]))
    assert found["value"] == pytest.approx(np.mean(each))
