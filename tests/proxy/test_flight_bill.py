"""Rounds that the client does not see are in the ledger: what the provider billed, and what of it is rent."""

from __future__ import annotations

import pytest

from payloads import big_table
from proxy.dialects import DIALECTS, Say, Think
from proxy.scripted_model import DONE, Client, Model, asking, in_turn

every_format = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
both_ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@every_format
@both_ways
def test_hidden_rounds_are_billed_and_are_rent(proxy, provider, dialect, stream):
    client = Client(proxy, dialect, stream)
    # What came before is in the ledger once this is.
    project = f"{dialect.name}-{stream}"
    proxy.post(client.path, client.body(), headers={"x-headroom-project": project})
    proxy.booked(1, project=project)
    before = proxy.dashboard()
    model = Model(provider, dialect, in_turn(asking(Think("hm"), Say("Let me look. ")), DONE))
    heard = client.ask(*client.begun(f"what was billed? {dialect.name} {stream}", big_table(280, 9)))
    assert len(model.bodies) == 2
    after = proxy.booked(before["total"]["requests"] + 1)
    used = {name: after["total"]["usage"][name] - count for name, count in before["total"]["usage"].items()}
    assert sum(used.values()) == heard.used
    newest = proxy.dashboard("/dashboard/requests")["requests"][0]
    assert newest["usage"] == used
    assert newest["retrievals"] == 1
    assert after["total"]["rent"]["rounds"] - before["total"]["rent"]["rounds"] == 110
    assert after["total"]["rent"]["tool"] > before["total"]["rent"]["tool"]
    assert after["total"]["retrievals"]["hidden"] == before["total"]["retrievals"]["hidden"] + 1
