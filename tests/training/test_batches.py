import torch
from hypothesis import given
from hypothesis import strategies as st

from unweave.training.feed import BatchStream


@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 10**6))
def test_every_row_is_seen_once_an_epoch(count, epochs, seed):
    rows = torch.arange(100, 100 + count)
    stream = BatchStream(rows, 1 + count // 3, seed)
    seen = torch.cat([stream.next() for _ in range(epochs * count)])[: epochs * count]
    for epoch in seen.split(count):
        assert sorted(epoch.tolist()) == rows.tolist()


@given(st.integers(0, 30), st.integers(0, 10**6))
def test_a_stream_goes_on_where_it_was_put_down(steps, seed):
    stream = BatchStream(torch.arange(23), 5, seed)
    for _ in range(steps):
        stream.next()
    state = {name: value.clone() for name, value in stream.state().items()}
    expected = [stream.next().tolist() for _ in range(12)]
    other = BatchStream(torch.arange(23), 5, seed + 1)
    other.restore(state)
    assert [other.next().tolist() for _ in range(12)] == expected


def test_seeds_differ():
    first, second = (BatchStream(torch.arange(50), 20, seed).next() for seed in (0, 1))
    assert first.tolist() != second.tolist()
