"""`headroom model`: other models of running text: fetching them, which there are, removing them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import NamedTuple

import click

from headroom.cli.streams import write_text
from headroom.errors import InputError
from headroom.in_force import resolve_settings
from headroom.prose_model import SHIPPED
from headroom.prose_model._loaded import DATA
from headroom.prose_model._session import Missing
from headroom.prose_model.pulled import listing, models_directory, remove, sha256_of
from headroom.settings import surroundings

_OPTION = "kompress.model"


@click.group("model")
def command() -> None:
    """Fetch another model of running text, see which there are, remove them.

    Which one is used is the setting HEADROOM_PROSE_MODEL: shipped, off, a folder, or the id of one that was pulled.
    """


@command.command("pull")
@click.argument("id", metavar="HUB_ID")
@click.option("--revision", metavar="R", default="main", help="A branch, a tag or a commit; default: main.")
@click.option("--file", metavar="PATH", help="The ONNX file in it; default: model.onnx, else what onnx/ has.")
@click.option("--sha256", metavar="HEX", help="What the ONNX file's SHA-256 must be; default: what the hub says.")
@click.option("--label", metavar="NAME", help="The label that means keeping a token, if its name does not say so.")
@click.option("--endpoint", metavar="URL", help="The hub; default: HF_ENDPOINT, else https://huggingface.co.")
def pull(id: str, revision: str, file: str | None, sha256: str | None, label: str | None, endpoint: str | None) -> None:
    """Fetch a model from a hub.

    HUB_ID is that of a token classifier in ONNX form: organisation/name. This is the only command that asks a hub for
    anything. Each file is checked by its hash, now and whenever it is loaded. A token in HF_TOKEN is sent to the hub
    alone.
    """
    from headroom.prose_model.hub import DEFAULT_ENDPOINT, Wish, pull

    environment = surroundings()
    hub = endpoint or environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT
    wish = Wish(id, revision, file, sha256, label)
    folder, own = pull(wish, hub, environment.get("HF_TOKEN", ""), _progress)
    network = own.files[own.model]
    write_text(
        f"{id} at {own.commit}: {own.model} has {network.size_bytes:,} bytes and the SHA-256 {network.sha256}\n"
        f"it is in {folder}; to use it, set HEADROOM_PROSE_MODEL={id}\n"
    )


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_models(as_json: bool) -> None:
    """Show the models that there are, and which one is in force."""
    setting = next(each for each in resolve_settings().origins if each.name == _OPTION)
    try:
        found = list(_models())
    except Missing as error:
        raise InputError(str(error)) from None
    if as_json:
        told = [{**each._asdict(), "is_in_force": each.id == setting.value} for each in found]
        write_text(json.dumps({"in_force": setting.value, "from": setting.source, "models": told}, indent=2) + "\n")
        return
    rows = [("", "id", "bytes", "SHA-256 of the ONNX file", "where")]
    for each in found:
        sign = "*" if each.id == setting.value else ""
        rows.append((sign, each.id, f"{each.size_bytes:,}", each.sha256, each.where))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows]
    write_text("\n".join([*lines, f"in force: {setting.value} (from {setting.source})", ""]))


@command.command("remove")
@click.argument("id", metavar="HUB_ID")
def remove_model(id: str) -> None:
    """Remove a model.

    Removes too what came of one whose download was cut off.
    """
    remove(id)
    write_text(f"{id} was removed from {models_directory()}\n")


class _Listed(NamedTuple):
    id: str
    size_bytes: int
    sha256: str
    where: str


def _models() -> Iterator[_Listed]:
    size_bytes = sum(each.stat().st_size for each in DATA.iterdir())
    yield _Listed(SHIPPED, size_bytes, sha256_of(DATA / "model.onnx"), str(DATA))
    for place, own in listing():
        yield _Listed(own.id, own.size_bytes, own.files[own.model].sha256, str(place))


def _progress(name: str, have: int, size: int | None) -> None:
    if sys.stderr.isatty():
        share = f"{100 * have / size:.0f} %" if size else f"{have:,} bytes"
        click.echo(f"\r{name}: {share}", err=True, nl=have == size)
