import pytest
from connectordb import AuthenticationError
from connectordb.query import Dataset, Merge

MOOD = [(1.0, 7), (4.0, 3), (11.0, 5)]
TEMPERATURE = [(2.0, 73), (5.0, 84), (8.0, 81), (11.0, 79)]


def points(pairs):
    return [{"t": t, "d": d} for t, d in pairs]


@pytest.fixture
def home(cdb):
    for name, pairs in (("mood", MOOD), ("temperature", TEMPERATURE)):
        cdb[name].create({"type": "number"})
        cdb[name].insert_array(points(pairs))
    return cdb


def rows(result):
    return [(dp.get("t", 0), dp["d"]) for dp in result]


def test_transforms(home):
    mood = home["mood"]
    assert mood(transform="if $ > 4") == points([(1.0, 7), (11.0, 5)])
    assert mood(transform="mean | if last") == points([(11.0, 5)])
    assert mood(t1=2.0, transform="$ * 2") == points([(4.0, 6), (11.0, 10)])
    assert mood(i1=-1, transform="t") == points([(11.0, 11)])
    assert mood(t1=0.5, limit=1, transform="if $ < 7") == points([(4.0, 3)])
    assert mood(transform="map($ > 4, count)")[0]["d"] == {"true": 2, "false": 1}


def test_a_bad_transform_is_refused(home):
    with pytest.raises(AuthenticationError, match="Script 'zork': Transform zork not found"):
        home["mood"](transform="zork")
    with pytest.raises(AuthenticationError, match="Could not find 'a' in '7'"):
        home["mood"](transform="$('a')")


def test_a_merge(home):
    merge = Merge(home)
    merge.addStream("temperature")
    merge.addStream("mood", t1=2.0)
    assert rows(merge.run()) == [(2, 73), (4, 3), (5, 84), (8, 81), (11, 79), (11, 5)]


def test_a_dataset_by_time(home):
    dataset = Dataset(home, t1=0, t2=8.1, dt=2)
    dataset.addStream("temperature", "closest")
    dataset.addStream(home["mood"], "before", colname="mood")
    assert rows(dataset.run()) == [
        (0, {"temperature": 73, "mood": None}),
        (2, {"temperature": 73, "mood": 7}),
        (4, {"temperature": 84, "mood": 3}),
        (6, {"temperature": 84, "mood": 3}),
        (8, {"temperature": 81, "mood": 3}),
    ]


def test_a_dataset_by_a_reference(home):
    dataset = Dataset(home, x="mood")
    dataset.addStream("temperature", "closest")
    assert rows(dataset.run()) == [
        (1, {"x": 7, "temperature": 73}),
        (4, {"x": 3, "temperature": 84}),
        (11, {"x": 5, "temperature": 79}),
    ]
    dataset = Dataset(home, x="mood", posttransform="$('x') + $('temperature')")
    dataset.addStream("temperature", "before")
    assert rows(dataset.run()) == [(4, 76), (11, 84)]


def test_a_merge_as_a_column(home):
    both = Merge(home)
    both.addStream("temperature")
    both.addStream("mood")
    dataset = Dataset(home, t1=0, t2=10, dt=5)
    dataset.addStream(both, "mean", colname="both")
    assert rows(dataset.run()) == [(0, {"both": 0}), (5, {"both": 41.75})]


def test_the_server_tells_its_transforms(cdb):
    info = cdb.info()
    assert info["version"] == "0.3.0"
    assert info["transforms"]["mean"]["one_to_one"] is True
    assert "closest" in info["interpolators"]
