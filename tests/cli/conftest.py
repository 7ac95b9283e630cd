from __future__ import annotations

import pytest

from cli.wrapping import PLAIN, Wrapping, is_open
from proxy.conftest import wait_until
from proxy.fake_provider import FakeProvider


@pytest.fixture(scope="module")
def provider():
    provider = FakeProvider()
    yield provider
    provider.stop()


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "home"
    made.mkdir()
    (made / ".claude.json").write_text(PLAIN)
    return made


@pytest.fixture
def wrapping(tmp_path, home, provider):
    provider.forget()
    made = Wrapping(tmp_path, home, provider)
    yield made
    wait_until(lambda: not is_open(made.port))
