"""The official client, logged in as the administrator and as users and devices of its own."""

import itertools
import os

import pytest
from connectordb import ConnectorDB

URL = os.environ["CDB_URL"]

_numbers = itertools.count()


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
