import pytest
from connectordb import AuthenticationError

DATA_DENIED = "Write access to stream data denied."
DOWNLINK_DENIED = "Write access to stream downlink denied."


def test_a_device_sees_itself_and_its_streams_alone(cdb, device):
    cdb["private"].create({})
    device["own"].create({})
    assert device.exists()
    assert [s.name for s in device.streams()] == ["own"]
    assert not device.user.exists()
    assert not device(cdb.path).exists()
    assert not device(cdb.path + "/private").exists()
    with pytest.raises(AuthenticationError, match="Can't access this resource."):
        device.user.devices()
    with pytest.raises(AuthenticationError, match="403: Can't access this resource."):
        len(device(cdb.path + "/private"))


def test_data_is_written_by_its_owner_alone(admin, cdb, device):
    device["own"].create({})
    device["own"].insert(54)
    theirs = cdb(device.path + "/own")
    assert theirs[-1]["d"] == 54
    for other in (cdb, admin):
        with pytest.raises(AuthenticationError, match=DATA_DENIED):
            other(device.path + "/own").insert(1)
    assert len(device["own"]) == 1


def test_a_downlink_takes_what_others_ask_for(cdb, device):
    device["light"].create({"type": "boolean"}, downlink=True)
    asked = cdb(device.path + "/light")
    asked.insert(True)
    assert len(asked) == 0
    assert asked.length(downlink=True) == 1
    dp = asked(i1=0, i2=0, downlink=True)[0]
    assert dp["d"] is True
    assert dp["o"] == cdb.path
    with pytest.raises(AuthenticationError, match="did not conform"):
        asked.insert("on")
    device["light"].insert(True)
    assert asked[-1]["d"] is True
    assert "o" not in asked[-1]


def test_turning_a_downlink_off_deletes_what_was_asked(cdb, device):
    device["light"].create({}, downlink=True)
    asked = cdb(device.path + "/light")
    asked.insert(1)
    device["light"].downlink = False
    device["light"].downlink = True
    assert asked.length(downlink=True) == 0


@pytest.mark.parametrize(
    "role, may_ask", [("none", False), ("reader", False), ("writer", True), ("user", True)]
)
def test_the_role_of_a_device_decides_whether_it_may_ask(cdb, connect, device, role, may_ask):
    device["light"].create({}, downlink=True)
    sibling = cdb.user["sibling"]
    sibling.create()
    sibling.role = role
    light = connect(sibling.apikey)(device.path + "/light")
    assert light.exists() == (role != "none")
    if may_ask:
        light.insert(1)
    else:
        with pytest.raises(AuthenticationError, match="denied."):
            light.insert(1)


def test_a_device_does_not_raise_itself(cdb, device):
    with pytest.raises(AuthenticationError, match="does not have permissions to write role"):
        device.role = "user"
    cdb.user["sensor"].role = "user"
    assert device.user.exists()


def test_another_users_public_device_can_be_read(admin, connect, username, cdb):
    device = cdb.user["open"]
    device.create(public=True)
    own = connect(device.apikey)
    own["shown"].create({}, downlink=True)
    own["shown"].insert(1)
    admin("stranger").create("stranger@example.com", "stranger")
    try:
        stranger = connect("stranger", "stranger")
        seen = stranger(device.path)
        assert seen.name == "open"
        assert seen.apikey is None
        assert seen.role is None
        assert stranger(device.path + "/shown")[-1]["d"] == 1
        with pytest.raises(AuthenticationError, match=DOWNLINK_DENIED):
            stranger(device.path + "/shown").insert(1)
        assert stranger(username).email is None
        assert not stranger(cdb.path).exists()
    finally:
        admin("stranger").delete()


def test_missing_and_hidden_look_the_same(admin, connect, cdb):
    cdb["hidden"].create({})
    admin("stranger").create("stranger@example.com", "stranger")
    try:
        stranger = connect("stranger", "stranger")
        for path in (cdb.path + "/hidden", cdb.path + "/missing", "nosuchuser/user/missing"):
            with pytest.raises(AuthenticationError, match="404: Can't access this resource."):
                stranger(path).refresh()
            with pytest.raises(AuthenticationError, match=DATA_DENIED):
                stranger(path).insert(1)
            with pytest.raises(AuthenticationError, match="403: Can't access this resource."):
                len(stranger(path))
    finally:
        admin("stranger").delete()


def test_what_is_missing_is_named_to_who_would_see_it(cdb):
    with pytest.raises(AuthenticationError, match="The requested stream was not found."):
        cdb["missing"].insert(1)
