"""Logs: what was planted into them stays in view, in five languages and at any ratio; nothing is lost losslessly."""

from __future__ import annotations

import random

import pytest

from headroom import _core, compress, count_tokens, expand
from headroom.marker import parse_marker
from headroom.store.memory import MemoryStore

SECRET = b"a secret of thirty-two bytes....."[:32]

# For each language: templates of usual lines, and lines of each planted kind.
LANGUAGES = {
    "english": (
        [
            "INFO scheduler: task {task} of stage {small} started on host-{small}",
            "INFO scheduler: task {task} finished in {took} ms, state=UP",
            "DEBUG blocks: found block rdd_{small}_{small} locally",
            "INFO http: 10.20.{small}.{small} GET /v1/items/{task} status={code}",
        ],
        "INFO scheduler: executor blacklisted by host agent",
        "INFO scheduler: task 51234 finished in {took} ms, state=DOWN",
    ),
    "german": (
        [
            "INFO Planer: Auftrag {task} der Stufe {small} auf Rechner-{small} begonnen",
            "INFO Planer: Auftrag {task} nach {took} ms beendet, Zustand=BEREIT",
            "DEBUG Lager: Baustein {small} liegt vor",
            "INFO Netz: 10.20.{small}.{small} holt /v1/teile/{task} Antwort={code}",
        ],
        "INFO Planer: Rechner wurde vom Wächter stillgelegt",
        "INFO Planer: Auftrag 51234 nach {took} ms beendet, Zustand=GESPERRT",
    ),
    "russian": (
        [
            "ИНФО планировщик: задача {task} этапа {small} начата на узле-{small}",
            "ИНФО планировщик: задача {task} завершена за {took} мс, состояние=РАБОТА",
            "ОТЛАДКА склад: блок {small} найден",
            "ИНФО сеть: 10.20.{small}.{small} запрос /v1/items/{task} ответ={code}",
        ],
        "ИНФО планировщик: узел отключён сторожем",
        "ИНФО планировщик: задача 51234 завершена за {took} мс, состояние=ПРОСТОЙ",
    ),
    "chinese": (
        [
            "信息 调度: 任务{task}第{small}阶段在主机{small}上开始",
            "信息 调度: 任务{task}用时{took}毫秒, 状态=正常",
            "调试 存储: 本地找到块{small}",
            "信息 网络: 10.20.{small}.{small} 请求 /v1/items/{task} 返回={code}",
        ],
        "信息 调度: 主机被代理列入黑名单",
        "信息 调度: 任务51234用时{took}毫秒, 状态=停止",
    ),
    "spanish": (
        [
            "INFO planificador: tarea {task} de la etapa {small} iniciada en nodo-{small}",
            "INFO planificador: tarea {task} terminada en {took} ms, estado=ACTIVO",
            "DEBUG almacén: bloque {small} encontrado",
            "INFO red: 10.20.{small}.{small} pide /v1/piezas/{task} respuesta={code}",
        ],
        "INFO planificador: el agente retiró el nodo",
        "INFO planificador: tarea 51234 terminada en {took} ms, estado=CAÍDO",
    ),
}
STAMPS = {
    "iso": lambda n: f"2024-03-05 {10 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},{n * 37 % 1000:03} ",
    "syslog": lambda n: f"Mar  5 {10 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02} node7 app[{811}]: ",
    "none": lambda n: "",
}


def log(language, stamp, lines=800, seed=1):
    """A log, and what was planted in it: a rare line, a change of state, a rare value, an outlier."""
    usual, rare, changed = LANGUAGES[language]
    random_ = random.Random(seed)

    def filled(template, **fixed):
        values = {
            "task": random_.randint(1_000, 99_999),
            "small": random_.randint(1, 9),
            "took": random_.randint(20, 90),
        }
        return template.format(**{**values, "code": random_.choice([200, 200, 200, 304]), **fixed})

    planted = {
        lines // 4: filled(rare),
        lines // 3: filled(changed),
        lines // 2: filled(usual[3], code=599),
        lines * 3 // 4: filled(usual[1], took=48_000),
    }
    text = [STAMPS[stamp](n) + planted.get(n, filled(random_.choice(usual))) for n in range(lines)]
    return "\n".join(text), list(planted.values())


def shrink(text, **options):
    return compress(text, content_type="log", store=MemoryStore(secret=SECRET), **options)


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ratio", [None, 0.25, 0.10, 0.05])
def test_planted_anomalies_stay_readable_at_any_ratio(language, stamp, ratio):
    text, planted = log(language, stamp)
    result = shrink(text, target_ratio=ratio)
    assert parse_marker(result.text)
    assert [line for line in planted if line not in result.text] == []
    assert result.tokens_after <= (ratio or 0.25) * result.tokens_before


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_router_takes_logs_of_any_language_for_logs(language, stamp):
    text, _ = log(language, stamp)
    if stamp != "none":
        assert _core.text_scores(text)[0][1] > 0.9


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lossless_form_saves_much_and_keeps_rare_lines_whole(language, stamp):
    text, planted = log(language, stamp)
    result = shrink(text, level="lossless")
    assert expand(result.text) == text
    assert result.tokens_after < 0.5 * result.tokens_before
    assert planted[0] in result.text


def test_every_line_about_what_was_asked_for_is_shown():
    lines, _ = log("english", "iso")
    lines = lines.split("\n")
    about = [
        f"{lines[n][:24]}INFO session 0x14f05578bd80013 {what}" for n, what in enumerate(["opened", "moved", "closed"])
    ]
    for n, line in zip((90, 300, 610), about, strict=True):
        lines.insert(n, line)
    result = shrink("\n".join(lines), query="What happened to 0x14f05578bd80013? List every event.")
    assert all(line[24:] in result.text for line in about)


def test_left_out_lines_are_counted_exactly():
    text, _ = log("english", "iso")
    result = shrink(text)
    marker = parse_marker(result.text)
    [step] = [step for step in result.steps if step.account]
    kept, dropped = step.account(text)
    assert marker.total == 800
    assert len(kept) == marker.shown
    assert sum(count for _, count in dropped) == marker.total - marker.shown


def test_lines_of_one_template_have_one_number():
    text, _ = log("german", "none", lines=60)
    numbers = _core.log_templates(text)
    assert len(numbers) == 60
    assert len(set(numbers)) == 6  # four usual ones, the rare line, and the one with another state


def test_a_log_of_one_long_line_is_left_alone():
    text = "2024-01-02 10:00:00 " + "value " * 20_000
    assert shrink(text).text == text


def test_carriage_returns_and_codes_come_back_byte_for_byte():
    lines = [f"\x1b[32m2024-01-02 10:00:{n % 60:02}\x1b[0m step {n} of 300 done" for n in range(300)]
    text = "\r\n".join(lines) + "\r\nfetching 1%\rfetching 50%\rfetching 100%\n\n  \n"
    result = shrink(text, level="lossless")
    assert result.tokens_after < 0.5 * result.tokens_before
    assert expand(result.text) == text


def test_token_figures_are_those_of_the_text():
    text, _ = log("chinese", "syslog")
    result = shrink(text)
    assert (result.tokens_before, result.tokens_after) == (count_tokens(text), count_tokens(result.text))
