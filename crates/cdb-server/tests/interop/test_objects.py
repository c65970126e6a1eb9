import json

import pytest
from connectordb import AuthenticationError


def test_properties_of_a_user(cdb, username):
    user = cdb.user
    assert user.name == username
    assert user.email == username + "@example.com"
    assert user.role == "user"
    assert user.public is True
    user.nickname = "My Nickname"
    user.description = "I like trains."
    user.icon = "material:train"
    user.public = False
    user.refresh()
    assert user.nickname == "My Nickname"
    assert user.description == "I like trains."
    assert user.icon == "material:train"
    assert user.public is False


def test_a_user_does_not_raise_itself(cdb):
    with pytest.raises(AuthenticationError, match="does not have permissions to write role"):
        cdb.user.role = "admin"


def test_a_changed_password_ends_the_old_one(cdb, connect, username):
    cdb.user.set_password("something else")
    assert connect(username, "something else").path == username + "/user"
    with pytest.raises(AuthenticationError, match="401"):
        connect(username, username)


def test_a_user_is_made_with_its_whole_tree(admin, connect):
    admin("grower").create(
        "grower@example.com",
        "secret",
        description="has a garden",
        devices={
            "garden": {
                "nickname": "The garden",
                "streams": {"rain": {"schema": '{"type": "number"}', "datatype": "rain.mm"}},
            }
        },
        streams={"mood": {"schema": '{"type": "integer"}'}},
    )
    try:
        grower = connect("grower", "secret")
        assert grower.user.description == "has a garden"
        assert [stream.name for stream in grower.streams()] == ["mood"]
        garden = grower.user["garden"]
        assert garden.nickname == "The garden"
        assert garden.enabled is True
        assert garden["rain"].schema == {"type": "number"}
        assert garden["rain"].datatype == "rain.mm"
    finally:
        admin("grower").delete()
    assert not admin("grower").exists()


def test_a_tree_with_one_bad_schema_makes_nothing(admin):
    with pytest.raises(AuthenticationError, match="not a valid JSONSchema"):
        admin("halfway").create(
            "halfway@example.com", "secret", streams={"a": {}, "b": {"schema": '{"type": 5}'}}
        )
    assert not admin("halfway").exists()


@pytest.mark.parametrize("name", ["admin", "nobody", "root", "login"])
def test_some_names_are_reserved(admin, name):
    with pytest.raises(AuthenticationError, match="Username '%s' not allowed" % name):
        admin(name).create(name + "@example.com", "secret")


def test_names_and_addresses_are_unique(admin, username):
    message = "User with this email or username already exists"
    with pytest.raises(AuthenticationError, match=message):
        admin(username).create("other@example.com", "secret")
    with pytest.raises(AuthenticationError, match=message):
        admin("another").create(username + "@example.com", "secret")


def test_properties_of_a_device(cdb):
    device = cdb.user["thermometer"]
    assert not device.exists()
    device.create(nickname="Thermometer", public=False)
    assert device.exists()
    assert device.enabled is True
    assert device.public is False
    assert device.apikey
    device.enabled = False
    device.description = "hangs outside"
    device.refresh()
    assert device.enabled is False
    assert device.description == "hangs outside"
    assert [d.name for d in cdb.user.devices()] == ["user", "meta", "thermometer"]
    device.delete()
    assert not device.exists()


def test_inborn_devices_stay(cdb):
    for name in ("user", "meta"):
        with pytest.raises(AuthenticationError, match=name + " device cannot be deleted"):
            cdb.user[name].delete()


def test_meta_has_no_key_and_gets_none(cdb):
    cdb.user["meta"].nickname = "the log"
    meta = cdb.user["meta"]
    assert meta.apikey == ""


def test_properties_of_a_stream(cdb):
    stream = cdb["mood"]
    assert not stream.exists()
    stream.create({"type": "integer", "minimum": 0}, nickname="Mood", datatype="rating.stars")
    assert stream.schema == {"type": "integer", "minimum": 0}
    assert json.loads(stream.sschema) == stream.schema
    assert stream.datatype == "rating.stars"
    assert stream.ephemeral is False
    assert stream.downlink is False
    stream.schema = {"type": "string"}
    stream.downlink = True
    stream.refresh()
    assert stream.schema == {"type": "string"}
    assert stream.downlink is True
    with pytest.raises(AuthenticationError, match="Stream with this name already exists"):
        stream.create({})
    stream.delete()
    assert not stream.exists()


def test_streams_of_all_devices(cdb, device):
    cdb["own"].create({})
    device["reading"].create({}, downlink=True)
    assert [s.path for s in cdb.user.streams()] == [cdb.path + "/own", device.path + "/reading"]
    assert [s.name for s in cdb.user.streams(downlink=True)] == ["reading"]
    assert cdb.user.streams(public=True) == []
    assert "log" in [s.name for s in cdb.user.streams(visible=False)]


def test_every_change_is_in_the_log(cdb, username):
    cdb["logged"].create({})
    cdb["logged"].nickname = "Logged"
    cdb["logged"].delete()
    log = cdb("%s/meta/log" % username)
    path = cdb.path + "/logged"
    entries = [(dp["d"]["cmd"], dp["d"]["arg"]) for dp in log[-3:]]
    assert entries == [("CreateStream", path), ("UpdateStream", path), ("DeleteStream", path)]
    assert log[-1]["o"] == "ConnectorDB"
