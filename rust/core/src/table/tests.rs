use proptest::prelude::*;

use super::*;
use crate::table::schema::Part;

const KEY: &str = "Ab3dE5gH7jK";

fn form(text: &str) -> String {
    let document = find::find(Lines::of(text));
    write::write(&document, &vec![false; document.rows.len()])
}

fn lossy(text: &str, question: &str) -> String {
    let task = Task { question, key: Some(KEY), ..Task::lossless(text) };
    compress(&task).lossy.map_or_else(String::new, |view| view.text)
}

fn csv(rows: usize) -> String {
    let mut text = "id,name,city,score\n".to_owned();
    for row in 0..rows {
        let score = if row == 77 { 9_999 } else { (row * 37) % 500 };
        text.push_str(&format!("{},\"Smith, no. {row}\",{},{score}\n", 1000 + row * 3, ["Oslo", "Lima"][row % 2]));
    }
    text
}

/// A table with padded cells, as `psql` prints it.
fn boxed(rows: usize) -> String {
    let mut text = "  id  |  state  | size \n------+---------+------\n".to_owned();
    for row in 0..rows {
        let state = if row == 40 { "failed" } else { "done" };
        text.push_str(&format!(" {:<4} | {state:<7} | {:>4}\n", row + 100, row % 9));
    }
    text + "(all rows)\n"
}

fn listing() -> String {
    let mut text = String::new();
    for folder in 0..12 {
        text.push_str(&format!("src/part{folder}:\ntotal {}\n", folder * 8));
        for file in 0..9 {
            let size = 100 + file * 10usize.pow(file % 5) as u32 + folder;
            text.push_str(&format!("-rw-r--r-- 1 dev dev {size:>6} 2026-11-20 11:11 file{file}.c\n"));
        }
        text.push('\n');
    }
    text
}

const OUTLINE: &str =
    "app@1.0.0 /srv/app\n├─┬ accepts@1.3.8\n│ ├── mime-db@1.52.0\n│ └── negotiator@0.6.3\n├── after@0.8.2\n\
                       └─┬ body-parser@1.18.3\n  └── bytes@3.0.0\n";

#[test]
fn what_tools_for_binaries_packages_and_archives_print_is_a_table() {
    let lines = |line: &dyn Fn(usize) -> String| (0..60).map(line).collect::<String>();
    let symbols = lines(&|at| format!("{:016x} {} symbol_{at}\n", 0x4010c0 + at * 48, ["T", "t", "W"][at % 3]));
    let sized = lines(&|at| format!("{:016x} {:016x} T symbol_{at}\n", 0x4010c0 + at * 48, at % 7 + 8));
    let elf = "   Num:    Value          Size Type    Bind   Vis      Ndx Name\n".to_owned()
        + &lines(&|at| {
            format!("{at:>6}: {:016x} {:>5} FUNC    GLOBAL DEFAULT   15 symbol_{at}\n", at * 64, at % 9 * 8)
        });
    let packages =
        "Desired=Unknown/Install\n| Status=Not/Inst\n||/ Name           Version      Architecture Description\n\
                    +++-==============-============-============-=================\n"
            .to_owned()
            + &lines(&|at| format!("ii  package-{at:<6} 1.{at:<10} amd64        what package {at} is for\n"));
    let archive =
        lines(&|at| format!("-rw-r--r-- 501/20  {:>10} 2017-12-05 20:34 package/data/file-{at}.txt\n", at * 91));
    for text in [symbols, sized, elf, packages, archive] {
        assert!(score(&text) > 0.8, "{text}");
        assert_eq!(expand(&form(&text)).as_deref(), Some(text.as_str()));
        let view = lossy(&text, "what of 37?");
        assert!(view.len() < text.len() / 2 && view.contains("37"), "{view}");
    }
    for text in
        ["I am a b\nI am a c\nI am a d\nI am a e\n", "face deed cafe\nbead fade dead\nabed aced bade\nfade face abed\n"]
    {
        assert_eq!(score(text), 0.0, "{text}");
    }
}

#[test]
fn forms_of_all_formats_are_shorter_and_read_back() {
    let pods = "NAME      READY   STATUS    AGE\n".to_owned()
        + &(0..30).map(|at| format!("pod-{at:<4}  1/1     Running   {at}d\n")).collect::<String>();
    let spaced = "total used free name\n".to_owned()
        + &(0..30).map(|at| format!("{at} {} {} disk{at}\n", at * 7, at * 3)).collect::<String>();
    for text in [csv(50), boxed(60), listing(), OUTLINE.to_owned(), pods, spaced] {
        for text in [text.clone(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
            let form = form(&text);
            assert!(form.starts_with("#table "), "{form}");
            assert_eq!(expand(&form).as_deref(), Some(text.as_str()), "{form}");
        }
    }
    for text in [boxed(60), listing()] {
        assert!(form(&text).len() * 2 < text.len(), "{}", form(&text));
    }
}

#[test]
fn lines_that_fit_no_layout_stay_as_they_are() {
    let mut lines: Vec<String> = boxed(40).lines().map(str::to_owned).collect();
    lines[10] = " 107  |done| 7".to_owned();
    lines[20].push(' ');
    lines.insert(30, String::new());
    let text = lines.join("\n");
    let form = form(&text);
    assert!(form.contains("\n= 107  |done| 7\n"), "{form}");
    assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
}

#[test]
fn rows_that_begin_like_lines_of_the_form_are_told_from_them() {
    let mut text = String::new();
    for row in 0..40 {
        text.push_str(&format!("{}{row}\t{}\tx{}\n", ["@", "=", "!", "%", "'", "_", "^"][row % 7], row % 5, row * 31));
    }
    assert_eq!(expand(&form(&text)).as_deref(), Some(text.as_str()));
}

#[test]
fn the_extremes_of_a_column_and_a_row_that_is_named_are_shown() {
    let text = csv(300);
    let view = lossy(&text, "Which city has Smith no. 123?");
    for wanted in
        ["78: 1231,\"Smith, no. 77\",Lima,9999", "124: 1369,\"Smith, no. 123\",Lima,51", "1: 1000,", "300: 1897,"]
    {
        assert!(view.contains(wanted), "{wanted}\n{view}");
    }
    assert!(view.contains("# city Oslo×150 Lima×150"), "{view}");
    assert!(view.len() * 8 < text.len());
}

#[test]
fn the_largest_of_what_the_question_narrows_rows_down_to_is_shown() {
    let mut text = String::new();
    for row in 0..200 {
        let (size, kind) = if row % 2 == 0 { (9_000 + row, "py") } else { (100 + row % 50, "json") };
        text.push_str(&format!("{size}\tsrc/file{row}.{kind}\n"));
    }
    assert!(lossy(&text, "Which JSON file is largest?").contains("149\tsrc/file49.json"));
}

#[test]
fn columns_of_a_data_frame_stand_below_their_names() {
    // As pandas prints one: numbers of rows without a name, cells with spaces, names as wide as their columns.
    let mut text = format!("{:<3}{:>17}{:>7}{:>6}{:>9}\n", "", "name", "mmax", "cach", "estperf");
    for row in 0..140 {
        let name = if row % 2 == 0 { format!("AMDAHL 470/{row}") } else { format!("NCR V{row}") };
        let best = if row == 101 { 1238 } else { 20 + row * 37 % 400 };
        text.push_str(&format!("{row:<3}{name:>17}{:>7}{:>6}{best:>9}\n", 1000 + row * 97 % 5000, row % 64));
    }
    let view = lossy(&text, "Which one has the best estperf?");
    assert!(view.contains("NCR V101") && view.contains("1238"), "{view}");
    assert!(view.contains("# estperf 20..1238"), "{view}");
    assert!(view.len() * 4 < text.len(), "{view}");
    assert_eq!(expand(&form(&text)).as_deref(), Some(&*text));
}

#[test]
fn amounts_with_units_have_extremes() {
    let rows = (0..800).map(|row| format!("{}K\tvar/cache/f{row}\n", row % 30 + 1));
    let text: String = rows.chain(["1.2G\tvar/log/big\n".to_owned(), "3M\tvar/log/small\n".to_owned()]).collect();
    assert!(lossy(&text, "").contains("801: 1.2G\tvar/log/big"));
}

#[test]
fn rare_states_and_the_section_of_a_row_are_shown() {
    assert!(lossy(&boxed(90), "").contains("|failed|"));
    let view = lossy(&listing(), "How large is the largest file?");
    assert!(view.contains("src/part11:\n") && view.contains("file4.c"), "{view}");
}

#[test]
fn packages_are_shown_below_what_needs_them() {
    let text = OUTLINE.replace("├── after@0.8.2\n", &"├── after@0.8.2\n".repeat(600));
    let view = lossy(&text, "Which version of bytes is installed?");
    assert!(view.contains("body-parser@1.18.3") && view.contains("bytes@3.0.0"), "{view}");
}

#[test]
fn tables_are_told_from_what_has_columns_by_chance() {
    let tables = [csv(9), boxed(9), listing(), OUTLINE.to_owned()];
    for text in tables {
        assert!(score(&text) >= 0.9, "{} {text}", score(&text));
    }
    let numbered: String = (1..40).map(|at| format!("{at:>6}\tlet x{at} = f({at}, 2);\n")).collect();
    let hits: String = (1..40).map(|at| format!("src/a{at}.rs:{at}:    call(a, b, {at});\n")).collect();
    let log: String = (10..40).map(|at| format!("2024-01-02 10:00:{at},123 INFO worker {at} started\n")).collect();
    let prose = "The table is old, and brown.\nIt has four legs, or three.\nNobody knows, or cares.\n".repeat(9);
    let code = "fn a(x: u8, y: u8) {\n    let z = x + y;\n    call(z, x);\n}\n".repeat(9);
    let json: String = (0..40).map(|at| format!("{{\"id\": {at}, \"name\": \"somebody\", \"n\": 1}},\n")).collect();
    let fields = "\"id\": 1, \"a\": 2,\n".repeat(9);
    let css: String =
        (0..40).map(|at| format!("  .c{at} {{ margin: {at}px; padding: 0; color: #00{at}; }}\n")).collect();
    for text in [numbered, hits, log, prose, code, json, fields, css] {
        assert!(score(&text) < 0.5, "{} {text}", score(&text));
    }
}

#[test]
fn a_text_that_goes_on_with_much_else_is_no_table_alone() {
    let prose: String =
        (0..40).map(|at| format!("Then the {at}th day came, and it rained; nobody minded.\n")).collect();
    for table in [csv(200), boxed(200), listing()] {
        assert!(score(&table) > 0.9);
        assert!(score(&format!("{table}\n{}", &prose[..100])) > 0.9, "a remark");
        assert!(score(&format!("<output>\n{table}</output>\n")) > 0.9);
        let with_prose = score(&format!("{table}\n{prose}"));
        assert!(with_prose < 0.6, "{with_prose}");
    }
    assert_eq!(score(&prose), 0.0);
}

#[test]
fn lines_of_a_file_with_their_numbers_are_no_table() {
    let lines: String =
        (1..400usize).map(|at| format!("{at:>6}\t{}\n", ["x = 1", "", "return f(a, b)"][at % 3])).collect();
    assert_eq!(score(&lines), 0.0);
}

#[test]
fn what_stands_beside_tables_is_shown_whole() {
    let log: String = (0..30)
        .map(|at| format!("commit {at:040x}\nAuthor: A <a@b.org>\n\n    Teach part {at} to count\n\n a.c | {at} +\n\n"))
        .collect();
    let view = lossy(&format!("{}\n{log}\n{}", listing(), boxed(90)), "");
    for line in log.lines().filter(|line| !line.trim().is_empty()) {
        assert!(view.contains(line), "{line}\n{view}");
    }
    // Names of folders belong to the rows below them, which are not all shown.
    assert!(lossy(&listing(), "").lines().filter(|line| line.ends_with(':')).count() < 12);
}

#[test]
fn forms_that_nobody_wrote_are_refused_or_read_without_harm() {
    for text in [
        "#table",
        "#table 1 rows, cells by ,.\n",
        "#table 1 rows, cells by ,.\nA 0 by ,\n\n%A\nx",
        "#table 9 rows, cells by ,.\nA LL 0,1,0\n\n%A 99999999999\nx,y",
        "#table 9 rows, cells by ,.\nA 2 by ,\n1 &x\n2 +0 \n\n%A\n@\n!\n^z\n_",
        "#table 2 rows, unended, cells by ,.\n\n",
    ] {
        let _ = expand(text);
    }
}

/// A text is scored, and worked on at all levels, and its lossless form is the text.
fn is_worked_on(text: &str) -> Result<(), TestCaseError> {
    prop_assert!((0.0..=1.0).contains(&score(text)));
    let document = find::find(Lines::of(text));
    prop_assert_eq!(document.parts.iter().filter(|part| **part == Part::Row).count(), document.rows.len());
    for row in document.rows.iter().chain(document.blocks.iter().filter_map(|block| block.heading.as_ref())) {
        let columns = document.cells_of(*row).count();
        let line = document.lines.line(row.line as usize);
        prop_assert!(document.cells_of(*row).all(|cell| line.contains(cell)), "{:?}", line);
        prop_assert!(document.schemas.iter().any(|schema| schema.columns == columns));
    }
    let form = write::write(&document, &vec![false; document.rows.len()]);
    if form.starts_with("#table ") && form != text {
        if let Some(back) = expand(&form) {
            prop_assert_eq!(&back, text);
        }
    }
    let asked = Task { question: "which row has a1?", key: Some(KEY), ..Task::lossless(text) };
    let shortest = Task { deep: true, target_ratio: Some(0.1), ..asked };
    for task in [Task::lossless(text), asked, shortest] {
        let drafts = compress(&task);
        if let Some(form) = drafts.lossless {
            prop_assert!(expand(&form).as_deref() == Some(text), "{}", form);
        }
        if let Some(view) = drafts.lossy {
            prop_assert!(view.shown < view.total);
        }
    }
    let _ = expand(text);
    Ok(())
}

/// Rows that begin as tables do, and go on as they like.
fn almost_rows() -> impl Strategy<Value = String> {
    let row = prop_oneof![
        4 => "[a-z]{1,4}( {1,3}[0-9]{1,3}){3}",
        3 => "NAME  +SIZE  USED",
        2 => "-rw-r--r-- 1 [a-z]{1,3} [a-z]{1,3} [0-9]{1,6} (2026-11-20 11:11|Nov 2[0-9]  2025) [a-zé .]{1,9}",
        2 => "\\| [a-zä ]{0,5} \\| ?[0-9]{0,3} ?\\|",
        2 => "[+|│┼─=-]{3,9}",
        2 => "[a-zü]{0,3},\"[a-z,\"]{0,5}\",[0-9.]{0,4}",
        2 => "[0-9]{1,3}\t[a-zß/.]{0,9}\t?",
        1 => "[├└│ ]{1,3}── [a-z]{1,5}@1.0",
        1 => "\u{1b}\\[3[0-7]m[a-z0-9 ]{0,9}\u{1b}\\[0m",
        1 => "[\\PC\t\r\u{b}\u{c}\u{85}\u{a0}\u{3000}]{0,24}",
    ];
    proptest::collection::vec((row, prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\n\n")]), 0..40)
        .prop_map(|rows| rows.into_iter().map(|(row, end)| row + end).collect())
}

#[test]
fn headings_have_as_many_cells_as_the_rows_below_them() {
    for gap in ["\t", "\u{c}", "\r", "\u{85}", "\u{a0}"] {
        let text = format!("NAME{gap}SIZE  USED\nab  12  3\ncd  15  4\nef  17  5\ngh   1  6\n");
        is_worked_on(&text).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_back(text in "\\PC{0,300}|[, \\t\\r\\n\u{c}a-c.é]{0,200}|([a-c0-9|,\t;\"'=@%!├└─│ é-]{0,12}\r?\n){0,24}") {
        is_worked_on(&text)?;
    }

    #[test]
    fn any_rows_are_read_back(text in almost_rows()) {
        is_worked_on(&text)?;
    }
}
