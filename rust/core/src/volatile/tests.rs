use super::{change, find, Kind};

fn values(text: &str) -> Vec<(&'static str, &str)> {
    find(text).into_iter().map(|value| (value.kind.name(), &text[value.start..value.end])).collect()
}

#[test]
fn each_kind_is_found_with_its_span() {
    let cases = [
        ("It is 2026-11-30T05:42:47.123Z now", "timestamp", "2026-11-30T05:42:47.123Z"),
        ("2026-11-30 05:42:47,123 start", "timestamp", "2026-11-30 05:42:47,123"),
        ("Now: 2026-11-30 05:42:47 +0100.", "timestamp", "2026-11-30 05:42:47 +0100"),
        ("Date: Mon, 30 Nov 2026 05:42:47 GMT", "timestamp", "Mon, 30 Nov 2026 05:42:47 GMT"),
        ("at Mon Nov 30 05:42:47 UTC 2026", "timestamp", "Mon Nov 30 05:42:47 UTC 2026"),
        ("Nov 30 05:42:47 host", "timestamp", "Nov 30 05:42:47 host"),
        ("[30/Nov/2026:05:42:47 +0000]", "timestamp", "30/Nov/2026:05:42:47 +0000"),
        ("on November 30, 2026 at 5:42 PM", "timestamp", "November 30, 2026 at 5:42 PM"),
        ("seen 11/30/2026, 5:42:47 PM", "timestamp", "11/30/2026, 5:42:47 PM"),
        ("run 20261130T054247Z", "timestamp", "20261130T054247Z"),
        ("\"timestamp\": 1795930967", "timestamp", "1795930967"),
        ("created_at=1795930967123", "timestamp", "1795930967123"),
        ("Today's date: 2026-11-30", "date", "2026-11-30"),
        ("Today is Monday, November 30, 2026.", "date", "Monday, November 30, 2026"),
        ("The current date is 30 November 2026", "date", "30 November 2026"),
        ("Current time: 05:42:47", "time", "05:42:47"),
        ("The time is now 5:42 pm", "time", "5:42 pm"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "uuid", "123e4567-e89b-12d3-a456-426614174000"),
        ("ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV!", "ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        (
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_1",
            "token",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_1",
        ),
        ("session_id: a8f3k2p9", "token", "a8f3k2p9"),
        ("X-Request: req_011CSHoEeqs5C35K2UUqR7Fy", "request_id", "req_011CSHoEeqs5C35K2UUqR7Fy"),
        ("HEAD is at 9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "hash", "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"),
        ("commit 82c1ca5", "hash", "82c1ca5"),
        ("pid 48213 started", "pid", "48213"),
        ("sshd[2913]: accepted", "pid", "2913"),
        ("tests took 12.7 s", "duration", "12.7 s"),
        ("uptime: 3 days, 4:05", "duration", "3 days, 4:05"),
        ("in /tmp/tmp8xk2q1zz/out.txt", "temp_path", "/tmp/tmp8xk2q1zz/out.txt"),
        ("at /var/folders/zz/abc/T/x", "temp_path", "/var/folders/zz/abc/T/x"),
        ("key AKx83jQm29PzLw04Vt", "random_id", "AKx83jQm29PzLw04Vt"),
    ];
    for (text, kind, value) in cases {
        let value = value.strip_suffix(" host").unwrap_or(value);
        let found = values(text);
        assert!(found.iter().any(|&(k, v)| k == kind && v.starts_with(value)), "{text}: {found:?}");
    }
}

#[test]
fn what_stays_the_same_is_not_volatile() {
    for text in [
        "Python 3.11.4, node v20.11.1, glibc 2.36-9+deb12u4",
        "listens on 127.0.0.1:8787 and port 5432",
        "Founded in 1998, moved in 2004; the 2024 edition",
        "the model claude-sonnet-4-5-20250929 or gpt-4o-2024-11-20",
        "anthropic-version: 2023-06-01",
        "Knowledge cutoff: 2024-06-01",
        "the treaty of 24 October 1648 ended it",
        "a date in ISO 8601 format, e.g. 2024-01-15T10:30:00Z",
        "for example 123e4567-e89b-12d3-a456-426614174000",
        "00000000-0000-0000-0000-000000000000",
        "const uint64_t m = 0xc6a4a7935bd1e995;",
        "any time from 12:00 to 6:00 p.m. on a Thursday in the 1976 season",
        "MAX_RETRIES = 1000000, MASK = 0xdeadbeef, color #1a2b3c",
        "timeout of 30 seconds, at most 10 minutes",
        "image@sha256:9b5ad71b2ce5302211f9c61530b329a4922fc6a49b5ad71b2ce5302211f9c615",
        "read /tmp/notes.txt and /tmp/build/main.c",
        "def test_parse_http2_header_v3_with_utf8_and_base64(): pass",
        "MAC 00:11:22:33:44:55, ratio 16:9, verse 3:16",
        "sha256 and md5 are supported; ISO8601; x86_64; utf8mb4",
        "error 404, exit code 137, 8192 tokens, line 120",
    ] {
        assert_eq!(values(text), [], "{text}");
    }
}

#[test]
fn a_change_names_the_value_that_made_it() {
    let old = "Time: 2026-11-30 05:42:47\nrest";
    let new = "Time: 2026-11-30 05:43:01\nrest";
    let made = change(old, new).unwrap();
    assert_eq!((made.at, made.kind), (21, Some(Kind::Timestamp)));
    assert_eq!((made.old, made.new), ("2026-11-30 05:42:47", "2026-11-30 05:43:01"));
}

#[test]
fn a_change_of_words_has_no_kind_and_a_longer_text_is_no_change() {
    let made = change("be brief now", "be böse now").unwrap();
    assert_eq!((made.kind, made.old, made.new), (None, "brief", "böse"));
    assert_eq!(change("same", "same and more"), None);
}

#[test]
fn spans_are_in_order_within_the_text_and_on_characters() {
    let text = "é 2026-11-30T05:42:47Z ü pid: 123 日本 /tmp/x9k2m1/日 today 2026-11-30 ö".repeat(50);
    let found = find(&text);
    assert!(found.len() >= 200);
    assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
    assert!(found.iter().all(|value| text.is_char_boundary(value.start) && text.is_char_boundary(value.end)));
}

#[test]
fn time_grows_with_the_text_alone() {
    for part in ["1 s 2 s ", "eyJaaaaaaaaaaaa-", "/tmp/", "Jan 1, ", "2026-11-30 ", "12:12:12:", "a1", "\\tmp\\"] {
        let once = |text: &str| {
            let started = std::time::Instant::now();
            find(text);
            started.elapsed().as_secs_f64()
        };
        // The fastest of some runs, since other work on the machine only makes them slower.
        let seconds = |times: usize| {
            let text = part.repeat(times);
            (0..3).map(|_| once(&text)).fold(f64::INFINITY, f64::min)
        };
        let (short, long) = (seconds(4_000).max(1e-4), seconds(32_000));
        assert!(long / short < 32.0, "{part}: {short} s, then {long} s for eight times the text");
    }
}
