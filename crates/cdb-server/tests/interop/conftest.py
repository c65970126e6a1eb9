"""The official client, logged in as the administrator and as users and devices of its own."""

import itertools
import os
import threading

import pytest
import requests
from connectordb import ConnectorDB

URL = os.environ["CDB_URL"]

_numbers = itertools.count()


class Corrections(threading.Thread):
    """Replaces the first datapoint of each stream by itself, over and over: nobody may notice."""

    def __init__(self):
        super().__init__(daemon=True)
        self.count = 0
        self.ended = threading.Event()
        self.session = requests.Session()

    def call(self, method, path, key=None, **kwargs):
        login = ("test", "test") if key is None else ("", key)
        url = "%s/api/v1/crud/%s" % (URL, path)
        answer = self.session.request(method, url, auth=login, **kwargs)
        return answer.json() if answer.ok else None

    def correct(self, path, key):
        first = {"i1": 0, "i2": 1}
        points = self.call("GET", path, key, params=first)
        # What others have written would become the device's own.
        if points and "o" not in points[0]:
            if self.call("PATCH", path, key, params=first, json=points):
                self.count += 1

    def run(self):
        # What is gone when it is asked for was deleted by its test.
        while not self.ended.is_set():
            for user in self.call("GET", "", params={"q": "ls"}) or []:
                for device in self.call("GET", user["name"], params={"q": "ls"}) or []:
                    self.correct_all("%s/%s" % (user["name"], device["name"]), device["apikey"])

    def correct_all(self, device, key):
        if key:
            for stream in self.call("GET", device, key, params={"q": "ls"}) or []:
                self.correct("%s/%s/data" % (device, stream["name"]), key)


@pytest.fixture(scope="session", autouse=True)
def corrections():
    """With CDB_CORRECTIONS, streams are corrected while they are tested."""
    if "CDB_CORRECTIONS" not in os.environ:
        yield
        return
    thread = Corrections()
    thread.start()
    yield
    thread.ended.set()
    thread.join()
    assert thread.count > 0


@pytest.fixture
def admin():
    return ConnectorDB("test", "test", url=URL)


@pytest.fixture
def connect():
    """Connects with whatever credentials a test gives."""
    return lambda *credentials: ConnectorDB(*credentials, url=URL)


@pytest.fixture
def username(admin):
    """A user that no other test knows, with its name as password."""
    name = "user%d" % next(_numbers)
    admin(name).create(name + "@example.com", name)
    yield name
    admin(name).delete()


@pytest.fixture
def cdb(connect, username):
    """That user, logged in."""
    return connect(username, username)


@pytest.fixture
def stream(cdb):
    stream = cdb["numbers"]
    stream.create({"type": "number"})
    return stream


@pytest.fixture
def device(cdb, connect):
    """A device of that user, logged in with its own key."""
    device = cdb.user["sensor"]
    device.create()
    return connect(device.apikey)
