import pytest
import requests
from conftest import URL
from connectordb import AuthenticationError


def test_a_password_logs_in_as_the_user_device(cdb, username):
    assert cdb.path == username + "/user"
    assert cdb.ping() == username + "/user"


def test_a_key_logs_in_as_its_device(device, username):
    assert device.path == username + "/sensor"


def test_without_credentials_one_is_nobody(connect):
    assert connect().path == "nobody"


@pytest.mark.parametrize("credentials", [("test", "wrong"), ("nosuchuser", "test"), ("nosuchkey",)])
def test_wrong_credentials_are_refused(connect, credentials):
    with pytest.raises(AuthenticationError, match="401"):
        connect(*credentials)


def test_empty_basic_credentials_are_refused():
    assert requests.get(URL + "/api/v1/?q=this", auth=("", "")).status_code == 401


def test_names_and_addresses_log_in_in_whichever_case(username):
    for login in (username.upper(), username.upper() + "@EXAMPLE.com"):
        answer = requests.get(URL + "/api/v1/?q=this", auth=(login, username))
        assert answer.text == username + "/user"


def test_a_key_in_the_url_logs_in(device, username):
    answer = requests.get(URL + "/api/v1/", params={"q": "this", "apikey": device.apikey})
    assert answer.text == username + "/sensor"


def test_a_session_cookie_logs_in_until_logout(username):
    browser = requests.Session()
    login = browser.get(URL + "/api/v1/login", auth=(username, username))
    assert login.text == "ok"
    assert browser.get(URL + "/api/v1/?q=this").text == username + "/user"
    assert browser.get(URL + "/api/v1/logout").text == "ok"
    assert browser.get(URL + "/api/v1/?q=this").text == "nobody"


def test_info(cdb):
    assert requests.get(URL + "/api/v1/meta/version").text == "0.3.0"


def test_reset_apikey_goes_on_with_the_new_key(device, connect):
    old = device.apikey
    new = device.reset_apikey()
    assert new != old
    assert device.ping() == device.path
    with pytest.raises(AuthenticationError, match="The requested device was not found."):
        connect(old)


def test_counting_is_for_administrators(admin, cdb):
    assert admin.count_users() >= 2
    assert admin.count_devices() >= 4
    assert admin.count_streams() >= 1
    with pytest.raises(AuthenticationError, match="Don't have permissions necessary to count users"):
        cdb.count_users()


def test_users_are_listed_for_administrators(admin, cdb, username):
    assert username in [user.name for user in admin.users()]
    with pytest.raises(AuthenticationError, match="404"):
        cdb.users()
