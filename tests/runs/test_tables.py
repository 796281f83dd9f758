"""Tables of all kinds through a trained model: codes of rows with blanks, and frames out again."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.optimize import linear_sum_assignment

import unweave as uw
from support import train_run
from unweave.data import load_data
from unweave.models.columns import TableColumns
from unweave.training.feed import SeedFeed

ROWS, BLANK = 300, 0.15


def mixed_frame(rows=ROWS, seed=0, blank=BLANK):
    """Return columns of all kinds that two factors drive, with blanks, under names as labels."""
    generator = np.random.default_rng(seed)
    one, two = generator.uniform(-1.7, 1.7, (2, rows))
    frame = pd.DataFrame(
        {
            "size": one + 0.1 * generator.standard_normal(rows),
            "price": np.exp(two + 0.1 * generator.standard_normal(rows)),
            "visits": generator.poisson(np.exp(1 + 0.6 * one)),
            "member": np.where(generator.logistic(size=rows) < 3 * two, "yes", "no"),
            "colour": np.array(["red", "green", "blue"])[((one + 1.7) / 3.4 * 2.99).astype(int)],
            "rating": np.clip(np.round(3 + 1.2 * two), 1, 5).astype(int),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.round(100 * one), unit="D"),
        }
    )
    frame.index = [f"person {row}" for row in range(rows)]
    return frame.mask(generator.uniform(size=frame.shape) < blank)


@pytest.fixture(scope="module")
def frame():
    return mixed_frame()


@pytest.fixture(scope="module")
def model(frame):
    return train_run("vae", load_data(frame), {"latent_dim": 3, "steps": 400})


def test_outputs_have_the_tables_own_form(model, frame):
    made = model.reconstruct(frame.iloc[5:25], fill=True)
    assert made.index.equals(frame.index[5:25])
    assert made.columns.equals(frame.columns)
    assert not made.isna().any(axis=None)
    assert set(made["colour"]) <= {"red", "green", "blue"}
    assert set(made["member"]) <= {"yes", "no"}
    assert made["rating"].between(1, 5).all()
    assert made["visits"].dtype == np.int64
    assert made["joined"].dtype.kind == "M"
    assert (made["joined"] == made["joined"].dt.floor("D")).all()


def test_blanks_stay_blank_unless_they_are_to_be_filled(model, frame):
    for made in (model.reconstruct(frame), model.edit(frame, {"z0": 1.0})):
        pd.testing.assert_frame_equal(made.isna(), frame.isna())
    # What is subtracted is aligned.
    assert (frame["size"] - model.reconstruct(frame)["size"]).std() < frame["size"].std()


def test_a_blank_is_not_read_as_the_mean(model, frame):
    """The code of a row tells whether a cell is blank or holds the mean of its column."""
    row = frame.iloc[[0]].copy()
    row["size"] = np.nan
    mean = row.assign(size=model.table.features[0].mean)
    _, unknown = model.posterior(row)
    _, known = model.posterior(mean)
    assert unknown.sum() > known.sum()


def test_a_run_is_kept_with_its_columns(model, frame, tmp_path):
    model.save(tmp_path / "run")
    again = uw.load(tmp_path / "run")
    assert isinstance(again.module.columns, TableColumns)
    np.testing.assert_array_equal(again.encode(frame), model.encode(frame))


def test_it_goes_on_bit_for_bit(frame, tmp_path):
    whole = train_run("bf-vae", frame, {"steps": 30, "column_variance": "learned"})
    changes = {"steps": 30, "column_variance": "learned", "checkpoint_seconds": 0}
    folder = tmp_path / "run"

    kept = SeedFeed.save

    def save(feed, *given):
        kept(feed, *given)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SeedFeed, "save", save)
        with pytest.raises(KeyboardInterrupt):
            train_run("bf-vae", frame, {**changes, "log_every": 10}, out=folder)
    again = train_run("bf-vae", frame, {"log_every": 10}, out=folder, resume=True)
    np.testing.assert_array_equal(again.encode(frame), whole.encode(frame))


def test_seeds_trained_together_are_what_they_are_alone(frame, tmp_path):
    _, second = uw.train_seeds("vae", frame, seeds=2, out=tmp_path, steps=20, progress=False)
    alone = train_run("vae", frame, {"steps": 20}, seed=1)
    assert second.summary["trained_together"] == 2
    np.testing.assert_allclose(second.encode(frame), alone.encode(frame), atol=1e-4)


def test_blank_cells_do_not_count_as_errors(model, frame):
    score = uw.evaluate(model, frame, metrics="rmse", split="all")["scores"]["rmse"]["value"]
    data = model.dataset(frame)
    observed, expected = model.observed(data.samples), model.expected(model.encode(data))
    square = np.square(observed - expected)
    present = ~np.isnan(observed).all(1)
    errors = np.sqrt(np.nanmean(square[present], 1))
    assert score == pytest.approx(errors.mean(), rel=1e-5)


def test_rows_that_are_all_blank_are_not_scored(model, frame, refuses):
    blank = frame.iloc[:40].assign(**dict.fromkeys(frame.columns))
    known = frame[frame.notna().any(axis=1)]
    alone, beside = (
        uw.evaluate(model, rows, metrics="rmse", split="all")["scores"]["rmse"]
        for rows in (known, pd.concat([known, blank]))
    )
    assert beside["count"] == alone["count"] == len(known)
    assert beside["value"] == pytest.approx(alone["value"], rel=1e-6)
    document = uw.evaluate(model, blank)
    assert "rmse" not in document["scores"]
    assert "not blank" in document["omitted"]["rmse"]
    refuses(lambda: uw.evaluate(model, blank, metrics="rmse"), "metrics=rmse", "not blank")


def test_scores_of_codes_are_those_of_rows_with_their_blanks():
    """An independent matching of codes and factors, on a table a fifth of which is blank."""
    data = load_data("fa-mixed:rows=400")
    assert np.isnan(data.samples).mean() == pytest.approx(0.2, abs=0.02)
    model = train_run("vae", data, {"latent_dim": 4, "steps": 60})
    scores = uw.evaluate(model, data, split="all")["scores"]
    assert {"rmse", "mig", "sap", "mcc", "dci-disentanglement"} <= set(scores)
    assert all(np.isfinite(score["value"]) for score in scores.values())
    codes = model.encode(data)
    related = np.abs(np.corrcoef(codes.T, data.factors.values.T)[:4, 4:])
    expected = related[linear_sum_assignment(-related)].mean()
    assert expected > 0.4
    # The score matches on one half of the rows, and measures on the other.
    assert scores["mcc"]["value"] == pytest.approx(expected, abs=0.03)


def test_rows_that_are_all_blank_have_the_code_of_nothing_known(model, frame):
    codes = model.encode(frame.iloc[:2].assign(**dict.fromkeys(frame.columns)))
    np.testing.assert_allclose(codes[0], codes[1], atol=1e-6)
    assert np.isfinite(codes).all()


def test_given_columns_are_known_to_the_decoder_and_not_learned():
    frame = mixed_frame(120)
    data = load_data(frame, given="colour")
    model = train_run("vae", data, {"latent_dim": 2, "steps": 30})
    assert model.module.columns.layout.given == (4,)
    made = model.reconstruct(frame)
    pd.testing.assert_series_equal(made["colour"], frame["colour"], check_dtype=False)
    assert model.sample(3)["colour"].isna().all()
    reading = uw.interpret(model, data)
    assert not reading.tables["fvh_lt"][4].any()
    assert reading.readings[0].constant == ()


def test_codes_carry_little_of_a_given_column():
    """Most of the columns' variance is the site's: a model that is told it need not encode it."""
    generator = np.random.default_rng(3)
    site = generator.integers(0, 2, ROWS)
    trait = generator.standard_normal(ROWS)
    columns = {
        f"item {k}": 3 * site + trait + 0.3 * generator.standard_normal(ROWS) for k in range(6)
    }
    frame = pd.DataFrame({**columns, "site": np.array(["north", "south"])[site]})
    shares = {}
    for name, asked in (("given", {"given": "site"}), ("dropped", {"drop": "site"})):
        model = train_run("vae", load_data(frame, **asked), {"latent_dim": 2, "steps": 400})
        codes = np.column_stack([model.encode(frame), np.ones(ROWS)])
        for what, truth in (("site", site), ("trait", trait)):
            rest = truth - codes @ np.linalg.lstsq(codes, truth, rcond=None)[0]
            shares[name, what] = 1 - rest.var() / truth.var()
    assert shares["dropped", "site"] > 0.6
    assert shares["given", "site"] < 0.1
    assert shares["given", "trait"] > 0.9


def test_the_gaussian_likelihood_reads_a_table_as_it_was_read(frame):
    model = train_run("vae", frame, {"likelihood": "gaussian", "steps": 2})
    assert model.table.coding == "gaussian"
    assert model.table.feature_names == ("size", "price", "visits", "member", "rating")
    assert not model.reconstruct(frame).isna().any(axis=None)


def test_a_dataset_in_another_coding_is_refused(model, frame, refuses):
    other = load_data(frame, coding="gaussian")
    refuses(lambda: model.encode(other), "coding=columns")


@pytest.mark.parametrize("name", ["ae", "bf-vae"])
def test_other_models_learn_such_tables(name, frame):
    model = train_run(name, frame, {"latent_dim": 2, "steps": 10})
    assert np.isfinite(model.encode(frame)).all()
    assert np.isfinite(model.summary["loss"]["loss"])


class TestRowLabels:
    """Codes come back with what the rows are called."""

    @pytest.fixture(scope="class")
    def people(self, tmp_path_factory):
        """Return a file of people with an id, and a model of it."""
        frame = mixed_frame(blank=0.0).reset_index(drop=True)
        frame.insert(3, "pid", [f"p{row:03d}" for row in range(ROWS)])
        path = tmp_path_factory.mktemp("people") / "people.csv"
        frame.to_csv(path, index=False)
        return path, frame, train_run("vae", load_data(path), {"latent_dim": 2, "steps": 5})

    def test_the_id_of_a_file(self, people):
        path, frame, model = people
        codes = model.encode(path, as_frame=True)
        assert (codes.index.name, codes.index.tolist()) == ("pid", frame["pid"].tolist())
        uw.save_codes(model, path.with_name("codes.csv"), path)
        written = pd.read_csv(path.with_name("codes.csv"))
        assert written.columns.tolist() == ["pid", "z0", "z1"]
        assert written["pid"].tolist() == frame["pid"].tolist()
        np.testing.assert_allclose(written[["z0", "z1"]], codes, rtol=1e-6)

    def test_a_frames_index_comes_before_its_id(self, people):
        path, frame, model = people
        rows = frame.iloc[40:20:-1]
        assert model.encode(rows, as_frame=True).index.equals(rows.index)
        uw.save_codes(model, path.with_name("codes.parquet"), rows)
        written = pd.read_parquet(path.with_name("codes.parquet"))
        assert written.columns.tolist() == ["index", "pid", "z0", "z1"]
        assert written["index"].tolist() == rows.index.tolist()
        assert written["pid"].tolist() == rows["pid"].tolist()

    def test_labels_are_no_codes_to_a_score(self, people):
        path, frame, model = people
        out = path.with_name("codes.csv")
        uw.save_codes(model, out, path)
        found = uw.score(out, frame[["rating"]], ["mig"])
        assert found["row_labels"] == ["pid"]

    def test_numbered_rows_have_no_labels(self, people):
        path, frame, model = people
        out = path.with_name("codes.csv")
        uw.save_codes(model, out, frame.drop(columns="pid"))
        assert pd.read_csv(out).columns.tolist() == ["z0", "z1"]

    def test_arrays_have_them_as_texts(self, people):
        path, frame, model = people
        uw.save_codes(model, path.with_name("codes.npz"), path)
        with np.load(path.with_name("codes.npz")) as arrays:
            assert arrays["rows"].tolist() == frame[["pid"]].to_numpy().tolist()


def test_arrow_tables_come_back_cell_by_cell(tmp_path):
    frame = mixed_frame(blank=0.0).reset_index(drop=True)
    frame["visits"] = frame["visits"].astype("Int64")
    frame["joined"] = frame["joined"].dt.date
    table = pa.Table.from_pandas(
        frame.where(np.arange(ROWS)[:, None] >= 5 * np.ones(frame.shape[1]))
    )
    model = train_run("vae", load_data(table), {"latent_dim": 2, "steps": 5})
    made, given = model.impute(table, draws=5).table, frame.iloc[5:]
    for name in frame:
        assert made[name].iloc[5:].tolist() == given[name].tolist()
    assert str(made["visits"].dtype) == "Int64"
    assert not made.isna().any(axis=None)
    days = model.reconstruct(table, fill=True)["joined"]
    assert {type(day) for day in days} == {datetime.date}


def test_polars_comes_back_cell_by_cell():
    polars = pytest.importorskip("polars")
    frame = mixed_frame().reset_index(drop=True)
    table = polars.from_pandas(frame)
    model = train_run("vae", load_data(table), {"latent_dim": 2, "steps": 5})
    made = polars.from_pandas(model.impute(table, draws=5).table)
    assert made.columns == table.columns
    known = table["size"].is_not_null()
    assert made["size"].filter(known).to_list() == table["size"].filter(known).to_list()
    assert model.encode(table, as_frame=True).shape == (ROWS, 2)
    assert model.reconstruct(table).columns.tolist() == table.columns
