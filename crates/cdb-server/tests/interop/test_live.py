"""Subscriptions and downlinks."""

import queue

import pytest

PATIENCE = 20


class Told(queue.Queue):
    """What a subscription tells; its answer to each batch is given."""

    def __init__(self, answer=None):
        super().__init__()
        self.answer = answer

    def __call__(self, path, data):
        self.put((path, data))
        return self.answer

    def next(self):
        return self.get(timeout=PATIENCE)


def subscribed(stream, told, insert, **options):
    """Subscribes; the client returns before the server knows, so inserts until something comes."""
    assert stream.subscribe(told, **options)
    for _ in range(50):
        insert()
        try:
            return told.get(timeout=0.5)
        except queue.Empty:
            pass
    pytest.fail("nothing is told")


@pytest.mark.parametrize("transform, value", [("", 7), ("if $ > 5", 7), ("$ * 2", 14)])
def test_inserts_are_told(stream, transform, value):
    path, data = subscribed(stream, Told(), lambda: stream.insert(7), transform=transform)
    assert path == stream.path
    assert [point["d"] for point in data] == [value]
    stream.unsubscribe(transform=transform)


def test_a_request_is_acknowledged(cdb, device):
    light = device["light"]
    light.create({"type": "boolean"}, downlink=True)
    asked = cdb(light.path)
    path, data = subscribed(light, Told(True), lambda: asked.insert(True), downlink=True)
    assert path == light.path + "/downlink"
    assert data[0]["d"] is True and data[0]["o"] == cdb.path
    for _ in range(100):
        if len(light) > 0:
            break
        asked.insert(True)
    assert light[0]["d"] is True
    light.unsubscribe(downlink=True)
