from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Machines that run tests are shared: how long an example takes says nothing here. Benchmarks do.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture(scope="session", autouse=True)
def own_surroundings(tmp_path_factory):
    """No test sees the user's settings or store: what a process would use by default is made for this run."""
    inherited = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("HEADROOM_")}
    os.environ["HEADROOM_CONFIG"] = os.devnull
    os.environ["HEADROOM_STORE_PATH"] = str(tmp_path_factory.mktemp("store") / "originals.db")
    yield
    del os.environ["HEADROOM_CONFIG"], os.environ["HEADROOM_STORE_PATH"]
    os.environ.update(inherited)
