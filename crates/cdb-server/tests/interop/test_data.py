import time

import pytest
from connectordb import AuthenticationError


def points(*pairs):
    return [{"t": t, "d": d} for t, d in pairs]


NINE = points(*((float(t), t * 10) for t in range(1, 10)))


@pytest.fixture
def nine(stream):
    stream.insert_array(NINE)
    return stream


def test_insert_stamps_with_the_present(stream):
    before = time.time()
    stream.insert(5)
    assert len(stream) == 1
    dp = stream[-1]
    assert dp["d"] == 5
    assert "o" not in dp
    assert abs(dp["t"] - before) < 5


def test_what_does_not_fit_the_schema_is_refused(stream):
    with pytest.raises(AuthenticationError, match="did not conform to the stream's schema"):
        stream.insert("five")
    assert len(stream) == 0


def test_slices(nine):
    assert nine[:] == NINE
    assert nine() == NINE
    assert nine[0] == NINE[0]
    assert nine[-1] == NINE[-1]
    assert nine[2:5] == NINE[2:5]
    assert nine[-3:] == NINE[-3:]
    assert nine[-100:] == NINE
    assert nine[:-2] == NINE[:-2]
    assert nine[9:] == []
    with pytest.raises(IndexError):
        nine[9]
    with pytest.raises(AuthenticationError, match="Invalid index range."):
        nine[10]


def test_a_time_range_is_open_at_its_start_and_closed_at_its_end(nine):
    assert [dp["t"] for dp in nine(t1=2.0, t2=5.0)] == [3, 4, 5]
    assert [dp["t"] for dp in nine(t1=7.5)] == [8, 9]
    assert [dp["t"] for dp in nine(t1=2.0, limit=2)] == [3, 4]
    assert nine(t1=100.0) == []
    assert nine(t1=5.0, t2=2.0) == []


def test_index_ranges(nine):
    assert nine(i1=-5, i2=-2) == NINE[-5:-2]
    assert nine(i1=3, i2=4) == NINE[3:4]
    with pytest.raises(AuthenticationError, match="Invalid index range."):
        nine(i1=5, i2=3)


def test_lengths(nine):
    assert nine.length() == 9
    assert nine.length(downlink=True) == 0


def test_insert_array_keeps_its_timestamps_in_order(nine):
    with pytest.raises(AuthenticationError, match="Greater timestamp already exists"):
        nine.insert_array(points((8.5, 1)))
    with pytest.raises(AuthenticationError, match="Timestamps are not ordered!"):
        nine.insert_array(points((20.0, 1), (19.0, 2)))
    nine.insert_array(points((9.0, 1)))
    assert len(nine) == 10


def test_insert_array_with_restamp_moves_what_is_too_early(nine):
    nine.insert_array(points((1.0, 1), (8.0, 2), (12.0, 3)), restamp=True)
    assert nine[9:] == points((9, 1), (9, 2), (12, 3))
    with pytest.raises(AuthenticationError, match="Timestamps are not ordered!"):
        nine.insert_array(points((20.0, 1), (19.0, 2)), restamp=True)


def test_a_batch_is_stored_whole_or_not_at_all(nine):
    with pytest.raises(AuthenticationError):
        nine.insert_array([{"t": 20.0, "d": 1}, {"t": 21.0, "d": "x"}])
    assert len(nine) == 9


def test_more_than_a_chunk(stream):
    stream.insert_array(points(*((float(t), t) for t in range(1, 12001))))
    assert len(stream) == 12000
    assert [dp["d"] for dp in stream[4998:5003]] == [4999, 5000, 5001, 5002, 5003]
    assert stream(t1=11998.0) == points((11999, 11999), (12000, 12000))
    assert stream[:] == points(*((t, t) for t in range(1, 12001)))


def test_any_json_comes_back_as_it_went_in(cdb):
    anything = cdb["anything"]
    anything.create({})
    values = [9007199254740993, 0.1, "ü\n\"", [1, [2, {}]], {"a": {"b": None}}, True, False, "", 0]
    anything.insert_array(points(*((float(t), d) for t, d in enumerate(values, 1))))
    assert [dp["d"] for dp in anything[:]] == values
    anything.insert(None)
    assert "d" not in anything[-1]


def test_an_ephemeral_stream_keeps_nothing(cdb):
    stream = cdb["passing"]
    stream.create({"type": "number"}, ephemeral=True)
    stream.insert(1)
    stream.insert_array(points((1.0, 1)))
    assert len(stream) == 0
    with pytest.raises(AuthenticationError, match="did not conform"):
        stream.insert("x")


def test_a_deleted_stream_starts_empty_when_it_is_made_again(nine):
    nine.delete()
    nine.create({"type": "number"})
    assert len(nine) == 0
    nine.insert_array(points((1.0, 1)))
    assert nine[:] == points((1, 1))
