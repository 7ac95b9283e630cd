"""Documents of the figures as the proxy sends them, of a month of work or of nothing, for the page to show."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import headroom

LAST_DAY = date(2026, 11, 30)
SAVED_SHARE = 0.34
PRICE = 0.9e-6


def figures(
    requests: int = 0, before: int = 0, saved: int | None = None, price: float | None = PRICE
) -> dict[str, Any]:
    """Figures that agree with each other: a share is saved, some of it is rent, most is read from the cache."""
    saved = round(before * SAVED_SHARE) if saved is None else saved
    rent = {
        "tool": 60 * requests,
        "retrieved": before // 220,
        "hidden": before // 700,
        "volatile": 0,
        "rounds": before // 900,
    }
    rent_sum = sum(rent.values())
    net = saved - rent_sum
    after = before - net
    money = dict.fromkeys(("spent", "without", "saved", "rent", "net", "low", "high"))
    if price is not None:
        spent = after * price * 1.6
        money = {
            "spent": spent,
            "without": spent + net * price,
            "saved": saved * price,
            "rent": rent_sum * price,
            "net": net * price,
            "low": net * price - abs(net) * price * 0.03,
            "high": net * price + abs(net) * price * 0.02,
        }
    return {
        "requests": requests,
        "metered": requests,
        "unmetered": 0,
        "failed": 0,
        "unpriced": 0,
        "texts": requests * 3,
        "compressed_texts": requests,
        "tokens": {
            "before": before,
            "after": after,
            "saved": saved,
            "rent": rent_sum,
            "net": net,
            "low": net - abs(net) // 60,
            "high": net + abs(net) // 60,
            "unmetered_saved": 0,
        },
        "rent": rent,
        "usage": usage(after, 0.86, 0.11),
        "usage_without": usage(before, 0.853, 0.116),
        "cache_read_share": {"with": 0.86, "without": 0.853} if before else {"with": None, "without": None},
        "money": money,
        "retrievals": {"hidden": requests // 90, "visible": requests // 150, "failed": 0},
    }


def usage(tokens: int, read: float, write: float) -> dict[str, int]:
    reads, writes = round(tokens * read), round(tokens * write)
    fresh = max(0, tokens - reads - writes)
    return {"fresh": fresh, "cache_write_5m": writes, "cache_write_1h": 0, "cache_read": reads, "output": tokens // 40}


def tool(name: str | None, texts: int, before: int, share: float) -> dict[str, Any]:
    saved = round(before * share)
    counts = {"before": before, "after": before - saved, "saved": saved, "low": saved, "high": saved}
    money = {"saved": saved * PRICE, "low": saved * PRICE, "high": saved * PRICE}
    return {"name": name, "texts": texts, "compressed_texts": texts // 2, "tokens": counts, "money": money}


def latency(count: int, scale_ms: float) -> dict[str, Any]:
    """Times as a log-normal curve has them, in steps of a tenth."""
    shape = [1, 3, 8, 17, 30, 44, 55, 60, 58, 50, 40, 30, 22, 16, 11, 8, 6, 4, 3, 2, 2, 1, 1, 1]
    histogram = [[scale_ms * 0.25 * 1.25**step, many * count // 473] for step, many in enumerate(shape)]
    percentiles = {"p50": scale_ms, "p90": scale_ms * 3.1, "p99": scale_ms * 9.5, "max": scale_ms * 38}
    return {"count": count, **percentiles, "histogram": [each for each in histogram if each[1]]}


def no_latency() -> dict[str, Any]:
    return {"count": 0, "p50": None, "p90": None, "p99": None, "max": None, "histogram": []}


def observed(requests: int = 0, before: int = 0) -> dict[str, Any]:
    saved = round(before * SAVED_SHARE)
    counts = {"before": before, "after": before - saved, "saved": saved}
    texts = {"texts": requests * 3, "compressed_texts": requests}
    return {"requests": requests, **texts, "tokens": counts, "money": {"saved": saved * PRICE} if requests else None}


def recording(enabled: bool = False) -> dict[str, Any]:
    return {"enabled": enabled, "keeps": 20 if enabled else 0, "setting": "record_requests"}


def nothing(days: int = 30) -> dict[str, Any]:
    """The document of a proxy that nobody has used yet."""
    first = LAST_DAY - timedelta(days - 1)
    no_opens = dict.fromkeys(("request", "compressor", "store"), 0)
    return {
        "version": "0.1.0",
        "mode": "token",
        "now": "2026-11-30T10:00:00Z",
        "started_at": "2026-11-30T06:48:00Z",
        "uptime_s": 11_520.0,
        "currency": "USD",
        "range": {"days": days, "first_day": first.isoformat(), "last_day": LAST_DAY.isoformat()},
        "total": figures(price=None),
        "by": {"model": [], "agent": [], "project": [], "tool": []},
        "days": [],
        "observed": observed(),
        "held_out": observed(),
        "latency_ms": {"added": no_latency(), "first_byte": no_latency()},
        "health": {
            "active_requests": 0,
            "refused": 0,
            "clients_gone": 0,
            "upstream_failures": 0,
            "provider_errors": {},
            "fail_opens": no_opens,
            "ledger": {"pending": 0, "failures": 0, "lost": 0, "error": None},
        },
        "calibration": [],
        "unpriced_models": [],
        "recording": recording(),
    }


def month(days: int = 30) -> dict[str, Any]:
    """The document of a busy month, weekends and one bad day included."""
    document = nothing(days)
    rows = []
    for back in range(days - 1, -1, -1):
        day = LAST_DAY - timedelta(back)
        if day.weekday() == 6:
            continue
        busy = 1 + (day.toordinal() ** 2 * 31 % 17) / 6
        requests = round((30 if day.weekday() == 5 else 190) * busy)
        before = requests * 15_400
        row = figures(requests, before, saved=-before // 4 if back == 9 else None)
        rows.append({"day": day.isoformat(), **row})
    document["days"] = rows
    document["total"] = total = summed(rows)
    before, requests = total["tokens"]["before"], total["requests"]
    document["by"] = {
        "model": [
            {"name": "claude-sonnet-4-5", **figures(requests * 7 // 10, before * 7 // 10)},
            {"name": "gpt-5", **figures(requests // 5, before // 5)},
            {"name": "my-own-model", **figures(requests // 10, before // 10, price=None)},
        ],
        "agent": [
            {"name": "claude", **figures(requests * 7 // 10, before * 7 // 10)},
            {"name": "codex", **figures(requests // 5, before // 5)},
            {"name": "unknown", **figures(requests // 10, before // 10, saved=-before // 600)},
        ],
        "project": [
            {"name": "headroom", **figures(requests // 2, before // 2)},
            {"name": "a-project-whose-name-goes-on-and-on-for-longer-than-there-is-room", **figures(9, 81_000)},
            {"name": None, **figures(requests // 2, before // 2)},
        ],
        "tool": [
            tool("Bash", 4_120, before * 5 // 12, 0.46),
            tool("Read", 3_870, before // 3, 0.22),
            tool("Grep", 2_210, before // 8, 0.51),
            tool("mcp__github__list_issues", 310, before // 20, 0.68),
            tool("WebFetch", 240, before // 40, 0.57),
            tool(None, 480, before // 60, 0.2),
        ],
    }
    total["unpriced"] = requests // 10
    total["failed"] = 14
    total["unmetered"], total["tokens"]["unmetered_saved"] = 23, 61_000
    document["unpriced_models"] = ["my-own-model"]
    document["latency_ms"] = {"added": latency(requests, 0.82), "first_byte": latency(requests, 690)}
    document["health"] |= {"clients_gone": 7, "provider_errors": {"429": 11, "529": 3}, "upstream_failures": 2}
    document["calibration"] = [
        {
            "model": "claude-sonnet-4-5",
            "requests": 2_410,
            "ratio": 1.21,
            "interval": 0.012,
            "error_share": 0.0042,
            "is_exact": False,
        },
        {"model": "gpt-5", "requests": 690, "ratio": 1.0, "interval": 0.0, "error_share": 0.0, "is_exact": True},
    ]
    return document


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum of rows, name by name; shares are those of the first."""
    total: dict[str, Any] = copy.deepcopy(rows[0])
    total.pop("day", None)
    for row in rows[1:]:
        for name, value in row.items():
            if name in ("day", "cache_read_share"):
                continue
            if isinstance(value, dict):
                total[name] = {key: total[name][key] + each for key, each in value.items()}
            else:
                total[name] += value
    return total


def request(number: int, status: int | None = 200, has_texts: bool = False, **changes: Any) -> dict[str, Any]:
    """A finished request; the higher its number, the later."""
    before = 14_000 + number * 977 % 9_000
    saved = round(before * (0.1 + number * 37 % 50 / 100))
    counts = {"before": before, "after": before - saved + 60, "saved": saved, "rent": 60, "net": saved - 60}
    money = {"spent": 0.011 + number / 4000, "saved": saved * PRICE, "rent": 1e-5, "net": saved * PRICE - 1e-5}
    return {
        "id": f"k3f0a1-{number}",
        "at": f"2026-11-30T09:{number % 60:02d}:{number * 17 % 60:02d}Z",
        "provider": "anthropic_messages",
        "model": "claude-sonnet-4-5",
        "agent": "claude",
        "project": "headroom",
        "path": "/v1/messages",
        "status": status,
        "mode": "token",
        "stream": True,
        "tokens": counts if status == 200 else None,
        "usage": None,
        "money": money if status == 200 else None,
        "added_ms": 0.6 + number * 29 % 40 / 20,
        "first_byte_ms": 640.0,
        "total_ms": 5_210.0,
        "tools": [["Bash"], ["Read", "Grep"], ["Bash"], []][number % 4],
        "retrievals": 0,
        "has_texts": has_texts,
        **changes,
    }


def some_texts() -> list[dict[str, Any]]:
    """What a request was made smaller by, as it really comes out."""
    lines = [
        f"2026-11-30 09:{n // 60:02d}:{n % 60:02d} INFO  worker {n % 7} took job {4100 + n} from queue mail"
        for n in range(160)
    ]
    lines[97] = "2026-11-30 09:01:37 ERROR worker 6 gave up on job 4197: connection to smtp.example refused"
    original = "\n".join(lines)
    result = headroom.compress(original, content_type="log")
    counts = {"tokens_before": result.tokens_before, "tokens_after": result.tokens_after}
    return [{"tool": "Bash", **counts, "original": original, "compressed": result.text, "is_cut": False}]
