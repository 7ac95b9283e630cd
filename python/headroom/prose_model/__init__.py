"""The model of running text: which words and sentences answer a question. Optional: it needs the extra `ml`.

The core says what there is to read and reckons with what the model says; here the model is found, loaded when it is
first needed, and run. Its files are those of `data`, or of another folder: one that `training/export.py` wrote, or a
token classifier in Hugging Face's form (`_token_classifier`). `hub` fetches such a one when it is told to, and nothing
else here asks the network; `pulled` knows what was fetched, and that it has not changed.
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

    `model` is `SHIPPED`, `OFF`, the folder of another, or the id of one that was pulled. Without the extra, or where
    there is no such model that works, words alone decide, as without a model; that is reported once. Threads may call
    it at once.
    """
    if model == OFF or (not query.strip() and unasked_share is None):
        return None
    # Imported here, since most texts are none that it reads, and the import takes milliseconds.
    from headroom.prose_model._loaded import loaded
    from headroom.prose_model._session import Missing

    try:
        own = loaded(model if model != SHIPPED else "")
    except Missing as error:
        if model != SHIPPED:
            report(f"the model of running text cannot be used: {error}")
        return None
    return own.read(text, query, call, deep=deep, unasked_share=unasked_share)
