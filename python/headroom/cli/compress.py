"""`headroom compress`: a file or standard input in, the smaller text or messages out."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from headroom.cli import flags
from headroom.cli.streams import paint, read_text, write_text
from headroom.errors import StoreError
from headroom.explain import explain as describe
from headroom.in_force import resolve_settings
from headroom.library import compress
from headroom.registry import providers
from headroom.result import CompressResult
from headroom.settings import Level


@click.command("compress")
@click.argument("file", default="-")
@click.option("--content-type", metavar="TYPE", help="What the text is, such as json; by default it is recognised.")
@click.option("--query", metavar="TEXT", help="The question that decides what is worth keeping.")
@click.option("--level", metavar="LEVEL", help="lossless, balanced or deep.")
@click.option("--model", metavar="NAME", help="The model whose tokens are counted.")
@click.option("--json", "as_json", is_flag=True, help="Print the result with its figures and keys as JSON.")
@click.option("--explain", is_flag=True, help="Tell on standard error what was kept, why, and what was left out.")
def command(
    file: str,
    content_type: str | None,
    query: str | None,
    level: Level | None,
    model: str | None,
    as_json: bool,
    explain: bool,
) -> None:
    """Make FILE (or standard input) smaller and print it.

    A JSON list of messages, in OpenAI's, Anthropic's or Gemini's shape, is compressed as a conversation and printed as
    JSON; anything else is one text. One line on standard error tells the tokens before and after, and the key under
    which `headroom retrieve` gives the original back.
    """
    text = read_text(file)
    messages = None if content_type else _messages(text)
    result = compress(
        text if messages is None else messages,
        content_type=content_type,
        query=query,
        settings=resolve_settings(flags(level=level, model=model)).settings,
    )
    if as_json:
        write_text(json.dumps(_figures(result), ensure_ascii=False, indent=2))
    elif result.messages is not None:
        write_text(json.dumps(result.messages, ensure_ascii=False, indent=2))
    else:
        write_text(result.text or "")
    if explain:
        click.echo(describe(result, paint(sys.stderr)), err=True)
    click.echo(_summary(result), err=True)
    failed = next((step for step in result.steps if step.name == "store" and step.failed), None)
    if failed is not None:
        raise StoreError(
            f"the original could not be stored, so nothing was left out ({failed.reason.removeprefix('failed: ')})"
        )


def _messages(text: str) -> list[Any] | None:
    if not text.lstrip("\ufeff \t\r\n").startswith("["):
        return None
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not value or not all(map(_is_message, value)):
        return None
    return value if any(provider.detect(value) for provider in providers()) else None


def _is_message(value: Any) -> bool:
    # Records of another kind may have a role too: messages say something, or call for something.
    if not isinstance(value, dict):
        return False
    if "role" in value:
        return any(field in value for field in ("content", "tool_calls", "function_call", "parts"))
    return "call_id" in value or value.get("type") in ("reasoning", "item_reference")


def _figures(result: CompressResult) -> dict[str, Any]:
    body = {"text": result.text} if result.messages is None else {"messages": result.messages}
    return {
        **body,
        "tokens_before": result.tokens_before,
        "tokens_after": result.tokens_after,
        "tokens_saved": result.tokens_saved,
        "compression_ratio": round(result.compression_ratio, 4),
        "tokens_are_estimated": result.tokens_are_estimated,
        "keys": list(result.keys),
        "store_failures": result.store_failures,
        "compressor_failures": result.compressor_failures,
    }


def _summary(result: CompressResult) -> str:
    about = "about " if result.tokens_are_estimated else ""
    figures = (
        f"headroom: {about}{result.tokens_before:,} -> {result.tokens_after:,} tokens, "
        f"{result.compression_ratio:.1%} saved"
    )
    if not result.keys:
        return figures
    more = f" (and {len(result.keys) - 1:,} more)" if len(result.keys) > 1 else ""
    return f"{figures}; original: headroom retrieve {result.keys[0]}{more}"
