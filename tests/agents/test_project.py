"""A run tells the proxy for which project it is, where the agent has a place for that."""

from __future__ import annotations

import pytest

from headroom.agent_run import AgentRun, environment_of, project_of
from headroom.agent_setup import Surroundings, agent_named

VARIABLE = "ANTHROPIC_CUSTOM_HEADERS"


def environment(name, base_url="http://127.0.0.1:8787", **given):
    run = AgentRun(agent_named(name), name, (), {}, (), base_url)
    return environment_of(run, Surroundings("/home/ann", given, "linux", ("headroom",)))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A repository in whose depths an agent is started."""
    deep = tmp_path / "shop" / "src" / "orders"
    deep.mkdir(parents=True)
    (tmp_path / "shop" / ".git").mkdir()
    monkeypatch.chdir(deep)
    return deep


@pytest.mark.usefixtures("shop")
def test_requests_of_a_run_are_for_the_repository_it_is_in():
    assert environment("claude")[VARIABLE] == "x-headroom-project: shop"
    assert environment("claude", **{VARIABLE: "x-team: a"})[VARIABLE] == "x-team: a\nx-headroom-project: shop"


@pytest.mark.usefixtures("shop")
def test_nobody_but_the_proxy_is_told_and_what_the_user_says_stays():
    assert VARIABLE not in environment("claude", base_url="")
    assert environment("claude", **{VARIABLE: "X-Headroom-Project: mine"})[VARIABLE] == "X-Headroom-Project: mine"
    assert environment("codex") == {}


def test_a_name_that_no_header_can_hold_is_told_as_far_as_it_can(tmp_path):
    odd = tmp_path / "bä\nr: 1"
    odd.mkdir()
    assert project_of(str(odd)) == "br: 1"
    assert project_of("/") == ""
