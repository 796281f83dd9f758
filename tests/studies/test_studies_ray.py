"""A study on a real Ray cluster of two workers, one of which is lost midway."""

import threading
import time

import pytest

from unweave.studies.study import study

PLAN = """\
data = "digits"
models = ["vae", "beta-vae"]
seeds = 2
scores = ["rmse", "total-correlation"]
[settings]
steps = 150
"""


@pytest.fixture
def cluster(monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # Other work beside would starve them.
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    yield found
    ray.shutdown()
    found.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_the_runs_of_a_lost_machine_are_done_elsewhere(cluster, tmp_path):
    workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(PLAN)
    lost = threading.Event()

    def lose_one():
        end = time.monotonic() + 200
        while time.monotonic() < end and len(list(out.rglob("config.json"))) < 2:
            time.sleep(0.05)
        cluster.remove_node(workers[0], allow_graceful=False)
        lost.set()

    thread = threading.Thread(target=lose_one, daemon=True)
    thread.start()
    found = study(plan, out, ray=cluster.address)
    thread.join(10)
    assert lost.is_set()
    assert not found.broken
    assert not found.missing
    assert len(found.results) == 4
    assert all(result.steps == 150 for result in found.results)


def test_an_address_where_nobody_answers(tmp_path, refuses):
    pytest.importorskip("ray", reason="Ray is not installed")
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    refuses(lambda: study(plan, tmp_path / "out", ray="127.0.0.1:1"), "ray=127.0.0.1:1: no cluster")
