import pytest
from hypothesis import given
from hypothesis import strategies as st

from unweave.errors import RequestError
from unweave.schedules import Schedule, value_at

SHAPES = ("linear", "cosine", "exponential", "step")


@pytest.mark.parametrize("shape", SHAPES)
def test_begins_at_start_and_stays_at_end(shape):
    schedule = Schedule(shape, 8.0, 2.0, 0.5)
    assert schedule.at(0, 100) == pytest.approx(8)
    assert schedule.at(50, 100) == pytest.approx(2)
    assert schedule.at(99, 100) == pytest.approx(2)


@pytest.mark.parametrize(
    ("shape", "halfway"), [("linear", 5.0), ("cosine", 5.0), ("exponential", 4.0), ("step", 8.0)]
)
def test_halfway(shape, halfway):
    assert Schedule(shape, 8.0, 2.0, 20).at(10, 100) == pytest.approx(halfway)


@given(
    st.sampled_from(SHAPES),
    st.floats(0.1, 1e3),
    st.floats(0.1, 1e3),
    st.floats(0.01, 100),
)
def test_text_round_trip(shape, start, end, over):
    schedule = Schedule(shape, start, end, over)
    assert Schedule.parse(str(schedule)) == schedule


def test_plain_values_do_not_move():
    assert value_at(3.0, 7, 10) == 3.0
    assert Schedule.parse("0.5") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("linaer(0, 1, 0.5)", "did you mean 'linear'"),
        ("linear(0)", "three numbers"),
        ("linear(0, x, 1)", "three numbers"),
        ("linear(0, 1, 0)", "above 0"),
        ("exponential(0, 1, 0.5)", "not zero"),
        ("linear(0, inf, 0.5)", "finite"),
    ],
)
def test_mistakes_are_named(text, said):
    with pytest.raises(RequestError, match=said):
        Schedule.parse(text)


def test_one_follows_the_other_from_where_the_first_ends():
    schedule = Schedule.parse("linear(8, 2, 10) then step(5, 3, 0.2) then linear(1, 0, 10)")
    assert [schedule.at(step, 100) for step in (0, 5, 9, 10, 29, 30, 35, 40, 99)] == pytest.approx(
        [8, 5, 2.6, 5, 5, 1, 0.5, 0, 0]
    )
    assert schedule.ends == (8, 2, 5, 3, 1, 0)
    assert Schedule.parse(str(schedule)) == schedule


def test_what_follows_must_be_a_schedule_too():
    with pytest.raises(RequestError, match="'4' is not a schedule"):
        Schedule.parse("linear(8, 2, 10) then 4")


def test_as_many_follow_as_anyone_writes():
    piece = "linear(8, 2, 10)"
    assert len(Schedule.parse(" then ".join([piece] * 20)).ends) == 40
    with pytest.raises(RequestError, match="3000 follow one another; at most 20"):
        Schedule.parse(" then ".join([piece] * 3000))
