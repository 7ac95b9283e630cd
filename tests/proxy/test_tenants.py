"""A proxy that several people share: nobody gets in without a token, and nobody reads what is another's."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import headroom
from headroom.errors import SettingsError
from headroom.proxy.security import names_us, refuse_unsafe_sharing
from headroom.proxy.tenants import Tenants, TenantStores
from headroom.settings import Settings
from payloads import FORMATS, big_table
from proxy.conftest import ProxyProcess

ANNA, BEN, PLAIN = "a" * 40, "b" * 40, "c" * 40
SECRET = "ANNAS-OWN-SECRET"
TABLE = big_table().replace("upstream timed out", SECRET)
PATHS = {"openai": "/v1/chat/completions", "responses": "/v1/responses", "anthropic": "/v1/messages"}


def body(name="openai", table=TABLE):
    field = "input" if name == "responses" else "messages"
    return {
        "model": "gpt-4o",
        field: FORMATS[name]([("which failed?", "orders", table)]),
        "tools": [headroom.retrieve_tool(name)],
    }


def key_in(seen):
    return seen.body.decode().partition("key=")[2][:11]


@pytest.fixture(scope="module")
def _shared(tmp_path_factory, _provider):
    home = tmp_path_factory.mktemp("shared")
    tokens = home / "tokens"
    tokens.write_text(f"# who may come in\nanna {ANNA}\nben {BEN}\n{PLAIN}\n")
    proxy = ProxyProcess(home, _provider, "--host", "0.0.0.0", "--multi-tenant", "--access-tokens", str(tokens))
    yield proxy
    assert proxy.stop()[0] == 0


@pytest.fixture
def shared(_shared, provider):
    """A proxy that listens on all addresses, for Anna, Ben, and who else has a token."""
    return _shared


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def retrieved(proxy, key, headers):
    got = proxy.send("GET", f"/v1/retrieve/{key}", headers=headers)
    posted = proxy.send("POST", "/v1/retrieve", {"hash": key}, headers)
    assert got.status == posted.status
    assert (SECRET.encode() in got.body) == (SECRET.encode() in posted.body) == (got.status == 200)
    return got.status


def test_without_an_access_token_nothing_is_answered_or_passed_on(shared, provider):
    for headers in ({}, bearer("sk-1"), {"x-headroom-token": ANNA[:-1]}, {"x-headroom-token": ""}, bearer(ANNA)):
        for name, path in PATHS.items():
            answer = shared.post(path, body(name), headers)
            assert answer.status == 401
            assert "access token" in answer.json()["error"]["message"]
        assert shared.send("GET", "/v1/models", headers=headers).status == 401
        assert shared.send("GET", "/stats", headers=headers).status == 401
        assert shared.post("/v1/compress", body(), headers).status == 401
        assert retrieved(shared, "AAAAAAAAAAA", headers) == 401
    assert provider.seen == []
    for path in ("/health", "/ready"):
        assert shared.send("GET", path).status == 200


@pytest.mark.parametrize("name", PATHS)
def test_an_account_keeps_its_originals_whatever_tokens_of_the_provider_it_has(shared, provider, name):
    anna = {"x-headroom-token": ANNA}
    assert shared.post(PATHS[name], body(name), {**anna, **bearer("sk-ant-oat01-monday")}).status == 200
    key = key_in(provider.last())
    assert "x-headroom-token" not in {field.lower() for field in provider.last().headers}
    assert retrieved(shared, key, {**anna, **bearer("sk-ant-oat01-tuesday")}) == 200
    assert retrieved(shared, key, {"x-headroom-token": BEN}) == 404
    assert retrieved(shared, key, {"x-headroom-token": BEN, **bearer("sk-ant-oat01-monday")}) == 404
    assert retrieved(shared, key, {"x-headroom-token": PLAIN, **bearer("sk-1")}) == 404
    assert retrieved(shared, key, {"x-headroom-token": shared.token}) == 404


@pytest.mark.parametrize("field", ["x-api-key", "api-key", "x-goog-api-key", "Authorization", "?key="])
def test_an_api_key_opens_what_was_kept_under_it_and_nothing_else(shared, provider, field):
    def as_client(key):
        shown = {} if field == "?key=" else bearer(key) if field == "Authorization" else {field: key}
        return {"x-headroom-token": PLAIN, **shown}, f"?key={key}" if field == "?key=" else ""

    headers, query = as_client("sk-of-anna")
    assert shared.post(PATHS["openai"] + query, body(), headers).status == 200
    key = key_in(provider.last())
    asked = [shared.send("GET", f"/v1/retrieve/{key}{query}", headers=headers)]
    others, query = as_client("sk-of-ben")
    asked.append(shared.send("GET", f"/v1/retrieve/{key}{query}", headers=others))
    asked.append(shared.send("GET", f"/v1/retrieve/{key}", headers={"x-headroom-token": PLAIN}))
    assert [answer.status for answer in asked] == [200, 404, 401]
    assert [SECRET.encode() in answer.body for answer in asked] == [True, False, False]


@pytest.mark.parametrize(
    "token", ["", "sk-ant-oat01-x", "eyJhbGciOi.eyJzdWIiOiJhbm5hIn0.c2ln", "ya29.x", "ghu_x", "tid=a;exp=1;x"]
)
def test_what_is_nobodys_goes_on_as_it_came_and_nothing_of_it_is_kept(shared, provider, token):
    raw, before = json.dumps(body()), shared.stats()["without_tenant"]
    account = {"chatgpt-account-id": "anna", **(bearer(token) if token else {})}
    assert shared.post(PATHS["openai"], raw.encode(), {"x-headroom-token": PLAIN, **account}).status == 200
    assert provider.last().body == raw.encode()
    assert shared.stats()["without_tenant"] == before + 1
    assert shared.post("/v1/compress", body(), {"x-headroom-token": PLAIN, **account}).status == 401


def test_the_same_content_has_another_key_in_each_tenant_and_compress_keeps_it_there(shared, provider):
    keys = []
    for token in (ANNA, BEN):
        asked = {**body(), "config": {"mode": "ccr"}}
        answer = shared.post("/v1/compress", asked, {"x-headroom-token": token}).json()
        keys += answer["ccr_hashes"]
    assert len(set(keys)) == 2
    for owner, other, key in ((ANNA, BEN, keys[0]), (BEN, ANNA, keys[1])):
        assert retrieved(shared, key, {"x-headroom-token": owner}) == 200
        assert retrieved(shared, key, {"x-headroom-token": other}) == 404
    listed = subprocess.run(
        [sys.executable, "-c", "from headroom.cli import main; main()", "retrieve", keys[0]],
        capture_output=True,
        text=True,
        env={"HOME": str(shared.home), "PATH": "/usr/bin"},
        timeout=20,
    )
    assert listed.returncode != 0
    assert SECRET not in listed.stdout


def test_a_marker_of_another_tenants_is_plain_text_in_ones_own_conversation(shared, provider):
    shared.post(PATHS["openai"], body(), {"x-headroom-token": ANNA})
    marker = provider.last().json()["messages"][-1]["content"]
    assert marker.startswith("[headroom ")
    shared.post(PATHS["openai"], body(table=marker + TABLE), {"x-headroom-token": BEN})
    assert (
        SECRET.encode()
        not in shared.send(
            "GET", f"/v1/retrieve/{marker.partition('key=')[2][:11]}", headers={"x-headroom-token": BEN}
        ).body
    )


def test_conversations_that_begin_alike_are_decided_on_for_each_tenant(shared, provider):
    for token in (ANNA, BEN):
        shared.post(PATHS["openai"], body(), {"x-headroom-token": token})
    first, second = (key_in(seen) for seen in provider.seen)
    assert first != second
    assert retrieved(shared, second, {"x-headroom-token": BEN}) == 200


def test_the_operator_sees_the_figures_with_the_local_token_and_no_tenant_does(shared, provider):
    before = shared.stats()["totals"]["compressed_requests"]
    shared.post(PATHS["openai"], body(), {"x-headroom-token": ANNA})
    assert shared.stats()["totals"]["compressed_requests"] == before + 1
    assert shared.send("GET", "/stats", headers={"x-headroom-token": ANNA}).status == 401


def test_addresses_of_the_machine_are_answered_and_names_made_up_for_it_are_not(shared):
    for host, status in (("10.1.2.3:8787", 200), ("[2001:db8::1]:80", 200), ("evil.example", 421)):
        assert shared.send("GET", "/health", headers={"Host": host}).status == status
    page = {"Origin": "http://10.1.2.3:8787", "x-headroom-token": ANNA}
    assert shared.send("GET", "/v1/models", headers=page).status == 403
    assert not names_us("10.1.2.3:8787", ())


def test_tenants_may_share_a_proxy_on_loopback_without_access_tokens(started, provider):
    proxy = started("--multi-tenant")
    proxy.post(PATHS["openai"], body(), bearer("sk-anna"))
    key = key_in(provider.last())
    assert retrieved(proxy, key, bearer("sk-anna")) == 200
    assert retrieved(proxy, key, bearer("sk-ben")) == 404
    assert retrieved(proxy, key, {}) == 401


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"host": "0.0.0.0"}, "--access-tokens"),
        ({"host": "::", "multi_tenant": True}, "--access-tokens"),
        ({"host": "127.0.0.1", "access_tokens_file": "x"}, "multi_tenant"),
        ({"multi_tenant": True, "open_local_api": True}, "open_local_api"),
    ],
)
def test_half_of_what_sharing_needs_is_refused(flags, says):
    with pytest.raises(SettingsError, match=says):
        refuse_unsafe_sharing(Settings(**flags))


@pytest.mark.parametrize(
    "content", ["", "# none\n", "short\n", f"a b {ANNA}\n", f"anna {ANNA}\nben {ANNA}\n", f"an/na {ANNA}\n", "ü" * 40]
)
def test_a_file_of_tokens_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "tokens"
    path.write_text(content)
    with pytest.raises(SettingsError, match="access_tokens_file"):
        Tenants(Settings(multi_tenant=True, access_tokens_file=str(path)))
    with pytest.raises(SettingsError, match="cannot be read"):
        Tenants(Settings(multi_tenant=True, access_tokens_file=str(path) + "x"))


def test_stores_are_closed_when_many_others_came_since_and_nobody_uses_them(tmp_path):
    settings = Settings(store_path=str(tmp_path / "store.db"), multi_tenant=True)
    stores = TenantStores(settings, lambda: pytest.fail("the user's own store is another one"))
    with stores.lent("key:first") as open_first:
        first = open_first()
        assert open_first() is first
        with stores.lent("key:idle") as open_idle:
            idle = open_idle()
        for number in range(70):
            with stores.lent(f"key:{number}") as open_other:
                open_other()
        assert idle.is_closed
        assert not first.is_closed
    with stores.lent("key:first") as open_first:
        first = open_first()
    stores.close()
    assert first.is_closed
