"""The model of running text: which words and sentences answer a question. Optional: it needs the extra `ml`.

The core says what there is to read and reckons with what the model says; here the model is found, loaded when it is
first needed, and run. Its files are those of `data`, or of a folder that `training/export.py` wrote.
"""

from __future__ import annotations

from headroom import _core
from headroom.report import report

SHIPPED = "shipped"
OFF = "off"


def guess(
    text: str, query: str, call: str, *, deep: bool, unasked_share: float | None = None, model: str = SHIPPED
) -> _core.ProseGuess | None:
    """How likely each sentence and word of a text answers what is asked; `None` where that need not be known, or
    cannot be. With `unasked_share`, how likely it answers anything, where nothing is asked.

    `model` is `SHIPPED`, `OFF`, or the folder of another. Without the extra, or where the folder has no model that
    works, words alone decide, as without a model; that is reported once. Threads may call it at once.
    """
    if model == OFF or (not query.strip() and unasked_share is None):
        return None
    # Imported here, since most texts are none that it reads, and the import takes milliseconds.
    from headroom.prose_model._loaded import Missing, loaded

    try:
        own = loaded(model if model != SHIPPED else "")
    except Missing as error:
        if model != SHIPPED:
            report(f"the model of running text cannot be used: {error}")
        return None
    windows = _core.ProseWindows.of_text(text, query, call, own.vocabulary, deep=deep, unasked_share=unasked_share)
    return own.guess(windows) if windows is not None else None
