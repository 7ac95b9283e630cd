"""Leases: who shares a thing, who has it alone, and files that are removed meanwhile."""

from __future__ import annotations

import pytest

from headroom.errors import ConfigError
from headroom.lease import Lease, remove_unheld


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "new" / "thing.lease")


def test_a_lease_is_shared_or_held_alone(path):
    one, two = Lease(path), Lease(path)
    one.share(1)
    two.share(1)
    assert not one.try_alone(), "ours beside others is given up in any case"
    with pytest.raises(ConfigError, match="has been locked for 0 s"), one.alone(0.05):
        pass
    two.release()
    with one.alone(1), pytest.raises(ConfigError, match="end the process that holds it"):
        two.share(0.05)
    two.share(1)
    two.release()


def test_a_file_that_is_held_is_not_removed(path, tmp_path):
    one = Lease(path)
    one.share(1)
    remove_unheld(path)
    assert (tmp_path / "new" / "thing.lease").exists()
    one.release()
    remove_unheld(path)
    assert not (tmp_path / "new" / "thing.lease").exists()


def test_a_file_that_was_removed_keeps_nobody_out(path, tmp_path):
    """Who holds the removed one and who holds the new one do not meet, so nobody may take the removed one."""
    one, two, three = Lease(path), Lease(path), Lease(path)
    one.share(1)
    (tmp_path / "new" / "thing.lease").unlink()
    assert two.try_alone(), "on a file of its own"
    assert not three.try_alone()
    two.release()
    one.release()
