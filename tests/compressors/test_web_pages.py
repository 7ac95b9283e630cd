"""Pages of HTML through the public functions: what stays, and that the whole page is there for whoever asks."""

from __future__ import annotations

from pathlib import Path

from headroom import compress, expand
from headroom.store.memory import MemoryStore

INPUTS = Path(__file__).parents[1] / "conformance" / "inputs"


def run(name, query="what does this page say?", **options):
    text = (INPUTS / name).read_text(encoding="utf-8")
    store = MemoryStore()
    result = compress(text, query=query, store=store, **options)
    assert result.text != text
    assert expand(result.text, store=store) == text
    return result.text


def test_an_article_keeps_its_text_tables_and_code_and_loses_what_is_around_it():
    view = run("html-article.html")
    for shown in (
        "forty minutes",
        "compile | 21.0 | 9.8",
        "```yaml\ncache:\n  key:",
        "> The fastest step",
        "author: Mira Okafor",
        "published: 2024-03-11",
    ):
        assert shown in view, shown
    for left_out in ("dataLayer", "margin", "Ten tips", "Imprint", "once a month", "<p>"):
        assert left_out not in view, left_out
    assert "[left out: " in view


def test_results_of_a_search_keep_where_they_lead():
    view = run("html-search-results.html")
    assert "### Connection pools [1]" in view
    assert "[1]: https://docs0.example.org/guide/pools" in view
    assert "Dead rows take room" in view


def test_a_page_of_figures_is_shown_as_it_stands():
    view = run("html-dashboard.xhtml")
    assert "Nodes 14" in view
    assert "node-06 | 78% | NotReady" in view


def test_what_the_question_names_is_shown_though_it_is_left_out_else():
    assert "Linz" not in run("html-article.html")
    assert "Linz" in run("html-article.html", query="is this company from Linzz or from Linz, as 'Example GmbH' says?")


def test_nothing_is_left_out_where_nothing_may_be():
    text = (INPUTS / "html-article.html").read_text(encoding="utf-8")
    assert compress(text, level="lossless", store=MemoryStore()).text == text
    assert compress(text, retrieval="none", store=MemoryStore()).text == text
