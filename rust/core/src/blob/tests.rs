//! Texts with encoded bytes, and what stands for these.

use crate::text::{Task, View};

fn try_view(text: &str, question: &str) -> Option<View> {
    super::compress(&Task { question, key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) }).lossy
}

/// The view without its marker.
fn view_of(text: &str, question: &str) -> String {
    let view = try_view(text, question).unwrap_or_else(|| panic!("{text}"));
    view.text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

/// Bytes that look drawn by chance, the same ones for every run.
fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        (0..4).map(move |at| DIGITS[(bits >> (18 - 6 * at) & 63) as usize] as char).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn png(length: usize) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0".to_vec();
    file.extend(bytes(length));
    file
}

fn wrap(text: &str, width: usize) -> String {
    text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line) + "\n").collect()
}

#[test]
fn what_is_encoded_is_described_in_place_and_the_text_around_stays() {
    let text = format!("before the image\n![logo](data:image/png;base64,{}) behind it\nlast line\n", encode(&png(900)));
    let view = view_of(&text, "");
    assert!(
        view.starts_with("before the image\n![logo](data:image/png;base64,[base64 png 640x480, 924 bytes, blake3 "),
        "{view}"
    );
    assert!(view.ends_with("]) behind it\nlast line\n"), "{view}");
    let mail = format!("Subject: a file\n\n{}\n--end--\n", wrap(&encode(&bytes(2_000)), 76));
    let view = view_of(&mail, "");
    assert!(view.starts_with("Subject: a file\n\n[base64 binary, 20") && view.ends_with("\n\n--end--\n"), "{view}");
}

#[test]
fn dumps_keep_their_first_and_last_line() {
    let row = |n: usize| format!("{:08x}: 7f45 4c46 0201 0100 0000 0000 0000 {n:04x}  .ELF............\n", 16 * n);
    let text = format!("$ xxd a.out\n{}$ echo done\n", (0..64).map(row).collect::<String>());
    let view = view_of(&text, "");
    assert!(
        view.contains("00000000: 7f45") && view.contains("000003f0: 7f45") && !view.contains("00000100:"),
        "{view}"
    );
    assert!(view.contains("[dump elf, 1024 bytes, blake3 ") && view.contains(", 64 lines]"), "{view}");
    assert!(view.starts_with("$ xxd a.out\n") && view.ends_with("$ echo done\n"), "{view}");
}

#[test]
fn private_keys_are_never_repeated_and_certificates_are_described() {
    let key = encode(&bytes(1_200));
    let broken = key.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\\n").collect::<String>();
    let texts = [
        format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}-----END RSA PRIVATE KEY-----\n",
            wrap(&key, 64)
        ),
        format!("-----BEGIN PRIVATE KEY-----\n{}", wrap(&key, 64)),
        format!("key = \"-----BEGIN PRIVATE KEY-----\\n{broken}-----END PRIVATE KEY-----\\n\"\n"),
        format!("  1 -----BEGIN EC PRIVATE KEY-----\n  2 {}  9 -----END EC PRIVATE KEY-----\n", wrap(&key, 64)),
    ];
    for text in texts {
        let view = view_of(&text, &key[70..110]);
        assert!(view.contains("PRIVATE KEY-----") && view.contains("[pem ") && !view.contains("blake3"), "{view}");
        assert!(key.as_bytes().windows(24).all(|part| !view.contains(&*String::from_utf8_lossy(part))), "{view}");
    }
    let mut der = b"\x30\x82\x04\xb0".to_vec();
    der.extend(bytes(1_196));
    let text = format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", wrap(&encode(&der), 64));
    assert!(view_of(&text, "").contains("CERTIFICATE-----\n[pem der, 1200 bytes, blake3 "));
}

#[test]
fn minified_code_keeps_its_licence_and_what_is_asked_for() {
    let code = (0..200).map(|n| format!("function f{n}(a,b){{return a.x{n}(b)+{n}}}")).collect::<String>();
    let text = format!(
        "/*! lib v1.2 | MIT */!function(e){{{code}e.connectTimeout=3000}}(window);\n//# sourceMappingURL=lib.js.map\n"
    );
    let view = view_of(&text, "what is connectTimeout?");
    assert!(view.starts_with("/*! lib v1.2 | MIT */") && view.contains("[minified js, "), "{view}");
    assert!(view.contains("connectTimeout=3000") && view.contains("sourceMappingURL"), "{view}");
    assert!(view_of(&text, "what is f117?").contains("function f117(a,b)"), "{}", view_of(&text, "what is f117?"));
}

#[test]
fn bytes_that_are_no_text_are_described_with_what_can_be_read() {
    let noise = "\u{fffd}\u{1}\u{0}\u{fffd}x\u{2}q".repeat(200);
    let view = view_of(&format!("$ cat a.out\n\u{7f}ELF{noise}GNU C library 2.36\u{0}{noise}\n$ pwd\n/home\n"), "");
    assert!(view.starts_with("$ cat a.out\n[binary elf, ") && view.ends_with("\n$ pwd\n/home\n"), "{view}");
    assert!(view.contains("GNU C library 2.36"), "{view}");
}

#[test]
fn hashes_ids_paths_and_data_are_left_alone() {
    let hash = |n: usize| bytes(n + 32)[n..].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sums: String = (0..50).map(|n| format!("{}\n", hash(n))).collect();
    let log: String = (0..50).map(|n| format!("{} fix the build, part {n}\n", &hash(n)[..40])).collect();
    let path = "/usr/lib/python3/dist-packages/some/package/with/many/parts/in/it/and/more/of/them/until/it/is/long/enough/to/be/a/run.py\n".repeat(9);
    let json = format!("[{}]", "{\"a\":1,\"b\":[2,3]},".repeat(300));
    for text in [sums, log, path, json, "prose, and more of it. ".repeat(200)] {
        assert_eq!(try_view(&text, ""), None, "{}", &text[..60]);
        assert_eq!(super::Share::of(&text), super::Share::default());
    }
}

#[test]
fn hostile_texts_take_linear_time_and_never_fail() {
    let units = [
        "-----BEGIN : -----\n",
        "-----BEGIN A-----",
        "data:a/b;base64,",
        "00000000: 00\n",
        "A",
        "*\n",
        "=",
        "\u{fffd}",
        "deadbeef",
    ];
    let wrapped = "0123456789abcdef0123456789abcdef0123456789abcdef\n";
    for unit in units.into_iter().chain([wrapped]) {
        let text = unit.repeat(2_000_000 / unit.len());
        super::Share::of(&text);
        try_view(&text, "what about BEGIN?");
    }
}
