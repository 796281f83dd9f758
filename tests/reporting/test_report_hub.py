"""Runs on the Hub, against a local stand-in that keeps repositories as folders."""

import shutil

import pytest

import unweave as uw
from support import train_run
from unweave.reporting import hub


class StandIn:
    """Repositories as folders, with the methods of `HfApi` that are used."""

    def __init__(self, root):
        self.root = root

    def create_repo(self, name, private, exist_ok):
        (self.root / name).mkdir(parents=True, exist_ok=exist_ok)

    def upload_folder(self, repo_id, folder_path, commit_message):
        shutil.copytree(folder_path, self.root / repo_id, dirs_exist_ok=True)

    def list_repo_files(self, name, revision):
        if not (self.root / name).is_dir():
            raise OSError(f"404 Client Error\n\nRepository Not Found: {name}")
        files = (self.root / name).rglob("*")
        return [path.relative_to(self.root / name).as_posix() for path in files if path.is_file()]

    def snapshot_download(self, name, revision, allow_patterns):
        return str(self.root / name)


@pytest.fixture
def repositories(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_api", lambda: StandIn(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture(scope="module")
def model(rows):
    return train_run("vae", rows, {"steps": 60, "latent_dim": 3})


def test_what_is_pushed_is_loaded_again(repositories, model, rows):
    assert model.push_to_hub("ada/fa15", rows) == "hf://ada/fa15"
    loaded = uw.load("hf://ada/fa15")
    assert (loaded.encode(rows) == model.encode(rows)).all()
    held = {path.name for path in (repositories / "ada/fa15").iterdir()}
    assert held == {*hub.FILES, "README.md", hub.PICTURE}
    assert model.folder is None


def test_the_card_says_what_the_run_is(repositories, model, rows):
    model.push_to_hub("ada/fa15", rows)
    card = (repositories / "ada/fa15/README.md").read_text("utf-8")
    assert card.startswith("---\nlibrary_name: unweave\n")
    score = uw.evaluate(model, rows, metrics="rmse")["scores"]["rmse"]
    half = 1.96 * score["sd"] / score["count"] ** 0.5
    assert f"| rmse | {score['value']:.4g} [{score['value'] - half:.4g}, " in card
    assert "| latent_dim | 3 |" in card
    assert "| z0 | " in card
    assert f"]({hub.PICTURE})" in card


def test_without_its_data_the_card_has_no_scores(repositories, model, tmp_path):
    from dataclasses import replace

    bare = replace(model, data={**model.data, "source": ""})
    bare.push_to_hub("ada/bare")
    card = (repositories / "ada/bare/README.md").read_text("utf-8")
    assert "## Scores" not in card
    assert "## Settings" in card


def test_the_path_of_the_data_stays_here(repositories, model, rows):
    from dataclasses import replace

    own = replace(model, data={**model.data, "source": "/home/ada/secret/table.csv"})
    own.push_to_hub("ada/own", rows)
    for path in (repositories / "ada/own").iterdir():
        assert b"secret" not in path.read_bytes()


def test_what_is_no_run_is_refused_in_one_line(repositories, model, rows, refuses):
    model.push_to_hub("ada/fa15", rows)
    place = repositories / "ada/fa15"
    (place / "weights.PT").write_bytes(b"")
    refuses(lambda: uw.load("hf://ada/fa15"), "weights.PT", "may run code")
    (place / "weights.PT").unlink()
    (place / "history.csv").unlink()
    refuses(lambda: uw.load("hf://ada/fa15"), "hf://ada/fa15", "no history.csv")
    refuses(lambda: uw.load("hf://ada/other"), "hf://ada/other", "Repository Not Found")
    refuses(lambda: uw.load("hf://ada"), "hf://user/name")
    refuses(lambda: model.push_to_hub("../ada"), "user/name")


def test_without_the_extra_it_says_what_to_install(model, refuses, monkeypatch):
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    refuses(lambda: uw.load("hf://ada/fa15"), "pip install 'unweave[hub]'")
