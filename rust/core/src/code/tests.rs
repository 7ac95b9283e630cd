use super::*;
use crate::retrieve::retrieve;

const KEY: &str = "Ab3dE5gH7jK";

fn view_of(text: &str, question: &str, call: &str) -> View {
    let task = Task { question, call, key: Some(KEY), ..Task::lossless(text) };
    compress(&task).lossy.unwrap()
}

/// Reads the left-out lines of a view back by their numbers.
fn filled(view: &str, text: &str) -> String {
    let source: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = String::new();
    for line in view.split_inclusive('\n').skip(1) {
        let range =
            line.trim_end().strip_prefix("… ").and_then(|rest| rest.split_once(" lines ")).map(|(_, range)| range);
        match range.and_then(|range| range.split_once('-')) {
            Some((from, to)) => {
                let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
                let asked = retrieve(text, &format!("lines {from}-{to}"), 100_000).unwrap();
                assert_eq!(asked.text.trim_end_matches('\n'), source[from - 1..to].concat().trim_end_matches('\n'));
                out.extend(source[from - 1..to].iter().copied());
            }
            None => out.push_str(line),
        }
    }
    out
}

#[test]
fn a_body_is_left_out_and_its_lines_are_told() {
    let body: String = (0..20).map(|n| format!("        value_{n} = compute({n})\n")).collect();
    let text = format!(
        "import os\n\nclass A:\n    def f(self):\n        \"\"\"Does it.\n\n        More.\n        \"\"\"\n{body}        return 1\n\n    def g(self):\n{body}        return 2\n"
    );
    let call = "read_file {\"path\":\"a.py\"}";
    let view = view_of(&text, "", call);
    assert_eq!(
        view.text,
        "[headroom code 6/52 lines key=Ab3dE5gH7jK]\nimport os\n\nclass A:\n    def f(self):\n        \"\"\"Does it.\n… 25 lines 6-30\n    def g(self):\n… 21 lines 32-52\n"
    );
    assert_eq!(filled(&view.text, &text), text);
    let asked = view_of(&text, "How does `g` work?", call);
    assert!(asked.text.contains("return 2") && !asked.text.contains("return 1"), "{}", asked.text);
    let by_number = view_of(&text, "What happens at a.py:12?", call);
    assert!(by_number.text.contains("value_3 ") && !by_number.text.contains("return 2"), "{}", by_number.text);
}

/// A file of each language with two functions: what is shown of it, and what is not.
const SAMPLES: [(&str, &str, &[&str]); 16] = [
    ("a.py", "@cached\nasync def first(a: int) -> str:\nBODY    return a\n\ndef second(b):\nBODY    return b\n", &["@cached", "async def first(a: int) -> str:", "def second(b):"]),
    ("a.js", "const a = require('a');\nexports.first = function (a) {\nBODY};\nclass A {\n  second(b) {\nBODY  }\n}\n", &["const a = require('a');", "exports.first = function (a) {", "class A {", "  second(b) {"]),
    ("a.ts", "import { a } from 'a';\nexport interface I {\n  x: number;\n}\nexport const first = async (a: number): Promise<void> => {\nBODY};\nexport abstract class A<T> {\n  private second(b: T): void {\nBODY  }\n}\n", &["export interface I {", "  x: number;", "export const first = async (a: number): Promise<void> => {", "  private second(b: T): void {"]),
    ("a.tsx", "export function First({ a }: Props) {\nBODY  return <p>{a}</p>;\n}\nfunction second(b: string) {\nBODY}\n", &["export function First({ a }: Props) {", "function second(b: string) {"]),
    ("a.go", "package a\n\nimport \"fmt\"\n\nfunc (t *T) First(a int) error {\nBODY}\n\nfunc second() {\nBODY}\n", &["import \"fmt\"", "func (t *T) First(a int) error {", "func second() {"]),
    ("a.rs", "use std::io;\n\nimpl<T> A<T> {\n    pub fn first(&self) -> io::Result<()> {\nBODY    }\n}\n\nfn second() {\nBODY}\n", &["use std::io;", "impl<T> A<T> {", "    pub fn first(&self) -> io::Result<()> {", "fn second() {"]),
    ("A.java", "package a;\nimport b.C;\npublic class A extends C {\n  private int x = 1;\n  @Override\n  public int first(int a) throws E {\nBODY  }\n  A() {\nBODY  }\n}\n", &["import b.C;", "public class A extends C {", "  private int x = 1;", "  @Override", "  public int first(int a) throws E {", "  A() {"]),
    ("a.c", "#include <stdio.h>\n#define X 1\nstruct s {\n    int a;\n};\nstatic int first(int a)\n{\nBODY}\n\nvoid second(void) {\nBODY}\n", &["#include <stdio.h>", "#define X 1", "struct s {", "    int a;", "static int first(int a)", "void second(void) {"]),
    ("a.cpp", "#include <a>\nnamespace n {\ntemplate <typename T>\nclass A : public B {\n public:\n  auto first(T a) const -> T {\nBODY  }\n};\nint B::second() {\nBODY}\n}\n", &["namespace n {", "template <typename T>", "class A : public B {", "  auto first(T a) const -> T {", "int B::second() {"]),
    ("A.cs", "using System;\nnamespace N {\n  public class A : B {\n    public int X { get; set; }\n    public async Task<int> First(int a) {\nBODY    }\n    A() {\nBODY    }\n  }\n}\n", &["using System;", "  public class A : B {", "    public int X { get; set; }", "    public async Task<int> First(int a) {"]),
    ("a.rb", "require 'a'\nmodule M\n  class A < B\n    attr_reader :x\n    def first(a)\nBODY    end\n    def self.second\nBODY    end\n  end\nend\n", &["require 'a'", "  class A < B", "    attr_reader :x", "    def first(a)", "    def self.second"]),
    ("a.php", "<?php\nnamespace A;\nuse B\\C;\nclass D extends C {\n  private $x = 1;\n  public function first(int $a): string {\nBODY  }\n}\nfunction second() {\nBODY}\n", &["use B\\C;", "class D extends C {", "  private $x = 1;", "  public function first(int $a): string {", "function second() {"]),
    ("a.kt", "package a\nimport b.C\ndata class D(val x: Int) : C() {\n  override fun first(a: Int): String {\nBODY  }\n}\nfun second() {\nBODY}\n", &["import b.C", "data class D(val x: Int) : C() {", "  override fun first(a: Int): String {", "fun second() {"]),
    ("a.swift", "import Foundation\npublic struct A: B {\n  let x: Int\n  public func first(_ a: Int) throws -> String {\nBODY  }\n  init() {\nBODY  }\n}\n", &["import Foundation", "public struct A: B {", "  let x: Int", "  public func first(_ a: Int) throws -> String {", "  init() {"]),
    ("a.sh", "#!/bin/bash\nset -e\nfirst() {\nBODY}\nfunction second {\nBODY}\nfirst \"$@\"\n", &["set -e", "first() {", "function second {", "first \"$@\""]),
    ("a.scala", "package a\nimport b.C\nobject A extends C {\n  def first(a: Int): String = {\nBODY  }\n  def second = {\nBODY  }\n}\n", &["import b.C", "object A extends C {", "  def first(a: Int): String = {", "  def second = {"]),
];

#[test]
fn signatures_of_every_language_stay_and_bodies_do_not() {
    for (path, sample, shown) in SAMPLES {
        let end = if matches!(path, "a.py" | "a.rb" | "a.kt" | "a.swift" | "a.scala" | "a.sh") { "" } else { ";" };
        let sign = if path == "a.php" { "$" } else { "" };
        let body: String = (0..12).map(|n| format!("      {sign}hidden = {sign}call_{n}{end}\n")).collect();
        let text = sample.replace("BODY", &body);
        let view = view_of(&text, "", &format!("read_file {{\"path\":\"{path}\"}}"));
        for line in shown {
            assert!(view.text.lines().any(|shown| shown == *line), "{path}: {line}\n{}", view.text);
        }
        assert!(!view.text.contains("hidden"), "{path}\n{}", view.text);
        assert_eq!(filled(&view.text, &text), text, "{path}");
        // Every row of the table is used: an extension leads to its own language.
        let language = detect::language_of(&Source::of(&text), &format!("cat {path}")).map(|found| found.name);
        assert_eq!(language.is_none(), path == "a.scala", "{path}");
    }
}

#[test]
fn a_script_that_defines_nothing_is_no_skeleton() {
    let text: String =
        (0..25).map(|n| format!("total = run(total, {n}, options)\nif total:\n    stop(total)\n")).collect();
    let task = Task { call: "cat {\"path\":\"a.py\"}", key: Some(KEY), ..Task::lossless(&text) };
    let view = compress(&task).lossy;
    assert!(view.is_none_or(|view| view.shown >= 15), "statements are what such a file is");
}

#[test]
fn numbers_before_lines_stay_and_are_written_once_where_nothing_is_left_out() {
    let body: String = (0..30).map(|n| format!("    value_{n} = {n}\n")).collect();
    let code = format!("import a\n\ndef f():\n{body}    return a\n");
    let text: String = code.lines().enumerate().map(|(at, line)| format!("{:>6}\t{line}\n", at + 1)).collect();
    let view = view_of(&text, "", "view {\"path\":\"a.py\"}");
    assert_eq!(
        view.text,
        "[headroom code 3/34 lines key=Ab3dE5gH7jK]\n     1\timport a\n     2\t\n     3\tdef f():\n… 31 lines 4-34\n"
    );
    let form = compress(&Task::lossless(&text)).lossless.unwrap();
    assert!(
        form.starts_with("#code \"     1\\t\"; ~12| is line 12, ~| has no number\nimport a\n\ndef f():\n"),
        "{form}"
    );
    assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
    for odd in [
        text.replace("value_3", "~value"),
        text.replace("    10\t", "10\t"),
        text.replace('\n', "\r\n"),
        text.trim_end().to_owned(),
        format!("{text}    35\t"),
        format!("a note\n{text}~ another\n"),
        text.replacen("     7\t", "     9\t", 1),
    ] {
        let form = compress(&Task::lossless(&odd)).lossless.unwrap();
        assert_eq!(expand(&form).as_deref(), Some(odd.as_str()), "{form}");
    }
}

#[test]
fn what_does_not_parse_stays_and_the_rest_is_left_out_all_the_same() {
    let body: String = (0..20).map(|n| format!("    a[{n}] = {n};\n")).collect();
    let text = format!(
        "int f(int a) {{\n{body}}}\n\n<<<<<<< HEAD\nint x = 1;\n=======\nint x = 2;\n>>>>>>> b\n\n?? %% broken ((\n\nint g(int a) {{\n{body}}}\n"
    );
    let view = view_of(&text, "", "cat {\"path\":\"a.c\"}");
    for line in
        ["int f(int a) {", "<<<<<<< HEAD", "int x = 1;", "=======", "int x = 2;", ">>>>>>> b", "?? %% broken (("]
    {
        assert!(view.text.contains(&format!("\n{line}\n")), "{line}\n{}", view.text);
    }
    assert!(!view.text.contains("a[7]"), "{}", view.text);
    assert_eq!(filled(&view.text, &text), text);
}

#[test]
fn hostile_texts_are_given_up_on_at_once() {
    let call = "cat {\"path\":\"a.js\"}";
    for text in [
        "[".repeat(100_000),
        "{\n".repeat(100_000),
        "f(".repeat(30_000) + "\n" + &"x = 1\n".repeat(1_000),
        "a=1;".repeat(2_500_000),
        "class A {\n".repeat(5_000) + &"}\n".repeat(5_000),
        "if (a) {\n".repeat(390) + &"}\n".repeat(390),
        " ".repeat(100_000),
        "\u{2028}".repeat(1_000),
        "function f() {\n".repeat(300) + &"x;\n".repeat(9_000),
    ] {
        for call in [call, "cat {\"path\":\"a.cpp\"}", "cat {\"path\":\"a.py\"}", "cat {\"path\":\"a.lua\"}", ""] {
            let task = Task { call, key: Some(KEY), ..Task::lossless(&text) };
            if let Some(view) = compress(&task).lossy {
                assert_eq!(filled(&view.text, &text), text);
            }
        }
    }
}

#[test]
fn a_target_is_kept_and_deep_shows_a_line_for_each_definition() {
    let one = |n: usize| {
        format!("def function_{n}(\n    first,\n    second,\n):\n    \"\"\"Does {n}.\"\"\"\n    a = first\n    b = second\n    c = {n}\n    return a, b, c\n\n\n")
    };
    let text: String = (0..60).map(one).collect();
    let call = "cat {\"path\":\"a.py\"}";
    let task = Task { call, key: Some(KEY), deep: true, ..Task::lossless(&text) };
    let deep = compress(&task).lossy.unwrap();
    assert!(deep.text.contains("def function_59(\n") && !deep.text.contains("    first,\n"), "{}", deep.text);
    for ratio in [0.5, 0.2, 0.05] {
        let task = Task { target_ratio: Some(ratio), ..task };
        let view = compress(&task).lossy.unwrap();
        let limit = ratio * count(&text, Encoding::O200kBase) as f64;
        assert!(count(&view.text, Encoding::O200kBase) as f64 <= limit, "{ratio}");
        assert_eq!(filled(&view.text, &text), text);
    }
}

#[test]
fn a_name_is_found_however_it_is_qualified_and_its_function_stays() {
    let body: String = (0..20).map(|n| format!("  a[{n}] = {n};\n")).collect();
    let ruby: String = (0..20).map(|n| format!("    a[{n}] = {n}\n")).collect();
    for (path, text, name, last) in [
        (
            "a.cpp",
            format!("int B::f() {{\n{body}}}\nint A::Part::run() {{\n{body}  return last;\n}}\n"),
            "run",
            "  return last;",
        ),
        (
            "a.rb",
            format!("class A\n  def f\n{ruby}  end\n  def run!\n{ruby}    last\n  end\nend\n"),
            "run!",
            "    last",
        ),
    ] {
        let view = view_of(&text, &format!("How does `{name}` work?"), &format!("cat {{\"path\":\"{path}\"}}"));
        assert!(view.text.contains(&format!("\n{last}\n")), "{}", view.text);
        assert_eq!(view.text.matches("a[7]").count(), 1, "{}", view.text);
    }
}

#[test]
fn a_long_function_that_is_asked_for_shows_how_it_ends() {
    let body: String = (0..150).map(|n| format!("    a[{n}] = {n}\n")).collect();
    let text = format!(
        "def run(a):\n{body}    if a:\n        return first(\n            a,\n        )\n{body}    raise Odd(a)\n"
    );
    let view = view_of(&text, "What does `run` return?", "cat {\"path\":\"a.py\"}");
    assert!(view.text.contains("    if a:\n        return first(\n            a,\n        )\n"), "{}", view.text);
    assert!(view.text.ends_with("    raise Odd(a)\n") && view.shown < 30, "{}", view.text);
    assert_eq!(filled(&view.text, &text), text);
}

#[test]
fn types_behind_macros_in_namespaces_and_named_at_their_end_are_told() {
    let body: String = (0..12).map(|n| format!("    hidden_{n}();\n")).collect();
    let header = format!(
        "#include <a>\nclass MY_API Env {{\n public:\n  virtual int Get(int a) = 0;\n  explicit Env(int a) {{\n{body}  }}\n}};\n\
         typedef enum {{\n  A = 1,\n}} named_t;\n"
    );
    let script = format!(
        "export declare namespace N {{\n  // About it.\n  export type A<T> = [T] extends [B]\n    ? never\n    : T\n  export type C = D;\n}}\n\
         export function f() {{\n{body}}}\n"
    );
    for (path, text, shown) in [
        ("a.h", header, &["  virtual int Get(int a) = 0;", "  explicit Env(int a) {", "} named_t;"][..]),
        (
            "a.ts",
            script,
            &["  export type A<T> = [T] extends [B]", "  export type C = D;", "export function f() {"][..],
        ),
    ] {
        let view = view_of(&text, "", &format!("cat {{\"path\":\"{path}\"}}"));
        for line in shown {
            assert!(view.text.lines().any(|shown| shown == *line), "{path}: {line}\n{}", view.text);
        }
        assert!(!view.text.contains("hidden"), "{}", view.text);
    }
}

#[test]
fn what_is_raised_is_told_where_there_is_room() {
    let body: String = (0..40).map(|n| format!("    value = work(value, {n})\n")).collect();
    let text = format!(
        "import a\n\ndef f(value):\n{body}    if not value:\n        raise Odd(value)\n{body}    return value\n"
    );
    let call = "cat {\"path\":\"a.py\"}";
    assert!(view_of(&text, "", call).text.contains("\n        raise Odd(value)\n"));
    let task = Task { call, key: Some(KEY), deep: true, ..Task::lossless(&text) };
    let deep = compress(&task).lossy.unwrap().text;
    assert!(deep.contains("\nimport a\n") && !deep.contains("raise"), "{deep}");
}

#[test]
fn code_within_tags_is_read_and_its_lines_are_those_of_the_whole_text() {
    let body: String = (0..20).map(|n| format!("    value_{n} = {n}\n")).collect();
    for (head, tail) in
        [("<returncode>0</returncode>\n<output>\n", "</output>\n"), ("[File: src/a.py (24 lines total)]\n", "")]
    {
        let text = format!("{head}import a\n\ndef f():\n{body}    return a\n{tail}");
        let view = view_of(&text, "", "bash {\"command\":\"cat src/a.py\"}");
        assert!(view.text.contains("\ndef f():\n… ") && !view.text.contains("value_7"), "{}", view.text);
        assert_eq!(filled(&view.text, &text), text);
    }
}
