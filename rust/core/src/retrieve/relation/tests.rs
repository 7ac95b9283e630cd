use proptest::prelude::*;

use super::super::{query, retrieve};

const ENOUGH: usize = 1_000_000;

fn text_of(text: &str, query: &str) -> String {
    let answer = retrieve(text, query, ENOUGH).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer.next, None, "{query}");
    answer.text
}

fn message(text: &str, query: &str) -> String {
    retrieve(text, query, ENOUGH).unwrap_err().to_string()
}

const JOBS: &str = r#"[{"id": 1, "state": "ok", "ms": 120.10, "owner": {"login": "anna"}, "tags": ["a", "b"]},
 {"id": 2, "state": "failed", "ms": 0.2, "owner": {"login": "ben"}, "tags": []},
 {"id": 3, "state": "ok", "ms": null, "owner": {"login": "anna"}},
 {"id": 4, "state": "fa,iled", "ms": 12345678901234567890.1, "owner": {"login": "cy"}, "tags": ["b"]}]"#;

const CSV: &str =
    "name,size,day\nb.txt,1.5K,2024-01-03\na.txt,900,2024-01-01\n\"c, d.txt\",2M,2024-01-02\ne.txt,,2024-02-01\n";

const LOG: &str = "2024-01-01 10:00:00 INFO started worker 1\n2024-01-01 10:00:01 INFO started worker 2\n\
                   2024-01-01 10:00:02 ERROR lost disk sda\n2024-01-01 10:00:03 INFO started worker 3\n";

#[test]
fn rows_that_meet_a_condition_are_shown_with_their_numbers() {
    assert_eq!(
        text_of(JOBS, "where state = 'failed' | columns id, owner.login"),
        "1 of 4 rows\nrow,id,owner.login\n2,2,ben"
    );
    assert_eq!(text_of(JOBS, "columns id, login where ms > 100"), "2 of 4 rows\nrow,id,owner.login\n1,1,anna\n4,4,cy");
    assert_eq!(text_of(JOBS, "where state = nothing"), "0 of 4 rows");
    assert_eq!(text_of(JOBS, "where id = 3"), "1 of 4 rows\nrow,id,state,ms,owner\n3,3,ok,null,{\"login\":\"anna\"}");
    assert_eq!(text_of(JOBS, "where state contains ',' | columns state"), "1 of 4 rows\nrow,state\n4,\"fa,iled\"");
}

#[test]
fn conditions_mean_what_they_say() {
    for (condition, ids) in [
        ("id in (1, 3)", "1 3"),
        ("id not in (1, 3)", "2 4"),
        ("state != ok", "2 4"),
        ("ms is null", "3"),
        ("ms is not null and not state = ok", "2 4"),
        ("tags contains b", "1 4"),
        ("tags = a", "1"),
        ("tags is null", "3"),
        ("owner.login startswith an or ms < 1", "1 2 3"),
        ("login ~ /^(ben|cy)$/", "2 4"),
        ("login !~ '^a'", "2 4"),
        ("(id = 1 or id = 2) and state = ok", "1"),
        ("ms >= 12345678901234567890.1", "4"),
        ("ms > 12345678901234567890.1", ""),
        ("ms > 12345678901234567890.09", "4"),
        ("ms = 120.1", "1"),
        ("id between 2 and 3", "2 3"),
        ("state like 'fa%'", "2 4"),
        ("state ilike 'OK'", "1 3"),
        ("id > 1 && id < 3 || id = 4", "2 4"),
        ("row >= 3", "3 4"),
        ("exists tags", "1 2 4"),
    ] {
        let wanted: String = ids.split_whitespace().map(|id| format!("\n{id},{id}")).collect();
        let found = text_of(JOBS, &format!("where {condition} | columns id"));
        let rows = found.split_once("\nrow,id").map_or("", |(_, rows)| rows);
        assert_eq!(rows, wanted, "{condition}");
    }
}

#[test]
fn tables_of_text_are_asked_by_their_headings() {
    assert_eq!(
        text_of(CSV, "sort size desc | columns name, size"),
        "4 rows\nrow,name,size\n3,\"c, d.txt\",2M\n1,b.txt,1.5K\n2,a.txt,900\n4,e.txt,"
    );
    assert_eq!(
        text_of(CSV, "where size > 1K and day < 2024-01-03 | columns name"),
        "1 of 4 rows\nrow,name\n3,\"c, d.txt\""
    );
    assert_eq!(text_of(CSV, "where size is null | count"), "1 of 4 rows");
    assert_eq!(text_of(CSV, "where day > 2024-01-31"), "1 of 4 rows\nrow,name,size,day\n4,e.txt,,2024-02-01");
    assert_eq!(text_of(CSV, "sum(size)"), "1 result of 4 rows\nsum(size)\n2002400");
    assert_eq!(text_of(CSV, "rows 3"), "\"c, d.txt\",2M,2024-01-02");
    assert_eq!(text_of(CSV, "rows 3 | columns name"), "1 of 4 rows\nrow,name\n3,\"c, d.txt\"");
    assert_eq!(text_of(CSV, "grep txt | where size < 1000 | columns name"), "1 of 4 rows\nrow,name\n2,a.txt");
}

#[test]
fn groups_have_exact_figures() {
    assert_eq!(text_of(JOBS, "count by state"), "3 groups of 4 rows\nstate,count\nok,2\nfailed,1\n\"fa,iled\",1");
    assert_eq!(
        text_of(JOBS, "group by login: count, sum(ms), avg(ms), max(id) | sort login desc | limit 2"),
        "2 of 3 groups of 4 rows\nowner.login,count,sum(ms),avg(ms),max(id)\ncy,1,12345678901234567890.1,12345678901234567890.1,4\nben,1,0.2,0.2,2"
    );
    assert_eq!(text_of(JOBS, "sum(ms)"), "1 result of 4 rows\nsum(ms)\n12345678901234568010.4");
    assert_eq!(text_of(JOBS, "where id < 3 | median ms"), "1 result of 2 rows\nmedian(ms)\n60.15");
    assert_eq!(
        text_of(JOBS, "p50(ms), min(ms), count(ms), count(distinct state)"),
        "1 result of 4 rows\np50(ms),min(ms),count(ms),distinct(state)\n120.10,0.2,3,3"
    );
    assert_eq!(text_of(JOBS, "group by state having count > 1"), "1 of 3 groups of 4 rows\nstate,count\nok,2");
    assert_eq!(text_of(JOBS, "top 1 login"), "1 of 3 groups of 4 rows\nowner.login,count\nanna,2");
    assert_eq!(text_of(JOBS, "distinct state"), "3 distinct of 4 rows\nstate\nok\nfailed\n\"fa,iled\"");
    assert_eq!(text_of(JOBS, "distinct state | count"), "3 distinct");
}

#[test]
fn a_number_alone_is_said_with_what_it_counts() {
    assert_eq!(text_of(JOBS, "count"), "4 rows");
    assert_eq!(text_of(JOBS, "where state = ok | count"), "2 of 4 rows");
    assert_eq!(text_of(JOBS, "select count(*) from jobs where state = 'ok'"), "2 of 4 rows");
    assert_eq!(text_of(JOBS, "where id > 1 | limit 1 | count"), "1 of 4 rows");
    assert_eq!(text_of(LOG, "grep started | count"), "3 of 4 lines");
}

#[test]
fn the_most_and_the_least_are_found() {
    assert_eq!(
        text_of(JOBS, "top 2 by ms | columns id, ms"),
        "2 of 4 rows\nrow,id,ms\n4,4,12345678901234567890.1\n1,1,120.10"
    );
    assert_eq!(
        text_of(JOBS, "select id from jobs where ms > 0 order by ms limit 1"),
        "1 of 3 rows (4 in all)\nrow,id\n2,2"
    );
    assert_eq!(text_of(JOBS, "sort -ms, id | columns id"), "4 rows\nrow,id\n4,4\n1,1\n2,2\n3,3");
    assert_eq!(text_of(JOBS, "tail 1 | columns id"), "1 of 4 rows\nrow,id\n4,4");
}

#[test]
fn logs_have_levels_times_messages_and_templates() {
    assert_eq!(text_of(LOG, "where level = ERROR"), "1 of 4 lines\n3:2024-01-01 10:00:02 ERROR lost disk sda");
    assert_eq!(text_of(LOG, "count by level"), "2 groups of 4 lines\nlevel,count\nINFO,3\nERROR,1");
    assert_eq!(
        text_of(LOG, "where time >= '2024-01-01 10:00:03' | columns message"),
        "1 of 4 lines\nline,message\n4,started worker 3"
    );
    assert_eq!(text_of(LOG, "top 1 template"), "1 of 2 groups of 4 lines\ntemplate,count\nINFO started worker *,3");
    assert_eq!(text_of(LOG, "where text contains disk | count"), "1 of 4 lines");
}

#[test]
fn stages_of_all_kinds_are_joined() {
    assert_eq!(text_of(JOBS, "where state = ok | $.owner.login"), "\"anna\"\n\"anna\"");
    assert_eq!(text_of(JOBS, "where id > 1 | grep anna | $.id"), "3");
    assert_eq!(text_of(JOBS, "$[*].owner | where login = cy"), "1 of 4 rows\nrow,login\n4,cy");
    assert_eq!(text_of(JOBS, "$[*].tags[*] | count by value"), "2 groups of 3 rows\nvalue,count\nb,2\na,1");
    assert_eq!(text_of(JOBS, "grep anna | columns id"), "2 of 4 rows\nrow,id\n1,1\n3,3");
    assert_eq!(text_of(JOBS, "lines 2-3 | columns id"), "2 of 4 rows\nrow,id\n2,2\n3,3");
    assert_eq!(
        text_of(LOG, "lines 3- | where level = INFO"),
        "1 of 4 lines\n4:2024-01-01 10:00:03 INFO started worker 3"
    );
    assert_eq!(text_of(JOBS, "columns id | lines 2-3"), "row,id\n1,1\n");
    assert_eq!(text_of(JOBS, "columns id | rows 2-3"), "4 rows\nrow,id\n2,2\n3,3");
    let text = r#"{"body": {"b": {"n": 2}, "a": {"n": 1}, "c": {"n": 3}}}"#;
    assert_eq!(text_of(text, "$.body | where n > 1 | columns key, n"), "2 of 3 rows\nrow,key,n\n1,b,2\n3,c,3");
    assert_eq!(text_of("<r><i n=\"1\">x</i><i n=\"2\">y</i></r>", "count"), "2 rows");
}

#[test]
fn what_is_wrong_is_told_with_the_nearest_that_is_right() {
    for (query, nearest) in [
        ("where stat = ok | columns id", "where state = ok | columns id"),
        ("columns id, onwer", "columns id, owner"),
        ("where id = 1 | sort mss desc", "where id = 1 | sort ms desc"),
        ("count stat", "count by stat"),
        ("avg(state)", "count by state"),
        ("where id >", "where a = 'x'"),
        ("where (id = 1", "where (id = 1)"),
        ("where id ~ '('", "where a contains '('"),
        ("limit many", "limit 20"),
        ("where ms > avg(ms)", "avg(ms)"),
        ("where id = 1 and ms < max( ms )", "max( ms )"),
    ] {
        let message = message(JOBS, query);
        assert!(message.ends_with(&format!("; write `{nearest}`")), "{message}");
    }
    assert!(message(JOBS, "where nothing = 1").contains("columns: id, state, ms, owner, tags"));
    assert!(message(JOBS, &format!("where {}id = 1", "(".repeat(9_000))).contains("more than 50 levels"));
    assert!(message(JOBS, &format!("where id = {}", "1".repeat(1_000_000))).contains("10000"));
}

#[test]
fn what_a_model_knows_of_sql_is_understood() {
    for (query, wanted) in [
        (
            "SELECT * FROM t WHERE t.state = 'ok' ORDER BY t.id DESC LIMIT 1;",
            "1 of 2 rows (4 in all)\nrow,id,state,ms,owner\n3,3,ok,null,{\"login\":\"anna\"}",
        ),
        ("SELECT id AS number FROM jobs j WHERE j.id >= 3 ORDER BY number DESC", "2 of 4 rows\nrow,number\n4,4\n3,3"),
        (
            "SELECT state, COUNT(*) AS n FROM t GROUP BY state HAVING COUNT(*) > 1 ORDER BY n DESC",
            "1 of 3 groups of 4 rows\nstate,n\nok,2",
        ),
        ("SELECT COUNT(*) AS n FROM t WHERE ms IS NOT NULL", "3 of 4 rows"),
        ("SELECT COUNT(DISTINCT state) FROM t", "1 result of 4 rows\ndistinct(state)\n3"),
        ("SELECT DISTINCT login FROM t WHERE id <> 1", "3 distinct of 3 rows\nowner.login\nben\nanna\ncy"),
        ("SELECT MAX(id), MIN(ms) FROM t", "1 result of 4 rows\nmax(id),min(ms)\n4,0.2"),
        (
            "SELECT login, SUM(id) FROM t GROUP BY login ORDER BY SUM(id) DESC LIMIT 2",
            "2 of 3 groups of 4 rows\nowner.login,sum(id)\nanna,4\ncy,4",
        ),
    ] {
        assert_eq!(text_of(JOBS, query), wanted, "{query}");
    }
}

#[test]
fn search_results_have_files_and_lines() {
    let text =
        "src/a.rs:3:fn main() {\nsrc/a.rs:9:    main_loop();\nsrc/lib/b.rs:12:use main::x;\nsrc/lib/b.rs:40:// main\n\
                src/c.rs:1:mod main;\nsrc/c.rs:7:main();\n";
    assert_eq!(text_of(text, "top 1 file"), "1 of 3 groups of 6 matches\nfile,count\nsrc/a.rs,2");
    assert_eq!(text_of(text, "where text startswith mod"), "1 of 6 matches\n5:src/c.rs:1:mod main;");
    assert_eq!(
        text_of(text, "where line > 10 | columns file, line"),
        "2 of 6 matches\nrow,file,line\n3,src/lib/b.rs,12\n4,src/lib/b.rs,40"
    );
}

#[test]
fn definitions_are_given_by_their_names() {
    let text = "import os\n\n\nclass A:\n    def run(self):\n        return 1\n\n    def stop(self):\n        pass\n\n\ndef run(x):\n    \
                return x\n";
    assert_eq!(text_of(text, "symbol A.run"), "5:    def run(self):\n6:        return 1");
    assert_eq!(
        text_of(text, "symbol run"),
        "5:    def run(self):\n6:        return 1\n--\n12:def run(x):\n13:    return x"
    );
    assert_eq!(text_of(text, "symbol A.stop | grep pass"), "9:pass".replace("9:", "9:        "));
    assert!(
        message(text, "symbol runn").ends_with("write `symbol run`") || message(text, "symbol runn").contains("A.run")
    );
    assert!(message("just text", "symbol a").ends_with("write `grep a`"));
    let first = retrieve(text, "symbol run", 20).unwrap();
    assert!(first.next.unwrap().starts_with("symbol run | rows "));
}

/// The rows of all parts of an answer put together, each of which must fit.
fn rows_in_parts(text: &str, query: &str, max_tokens: usize) -> Option<String> {
    let (mut rows, mut query) = (String::new(), query.to_owned());
    let heading = heading_of(text, &query);
    for _ in 0..10_000 {
        let answer = retrieve(text, &query, max_tokens).unwrap();
        assert!(super::super::ceiling::tokens(&answer.text) <= max_tokens, "{query}: {answer:?}");
        // Where not even a row fits, the parts are those of a text.
        rows.push_str(answer.text.strip_prefix(&heading)?);
        match answer.next {
            Some(next) => query = next,
            None => return Some(heading + &rows),
        }
    }
    panic!("{query} does not come to an end");
}

/// What stands above the rows: in what is shown of none of them, and the names of columns.
fn heading_of(text: &str, query: &str) -> String {
    let whole = retrieve(text, query, ENOUGH).unwrap().text;
    let is_named =
        whole.lines().nth(1).is_some_and(|line| !line.contains(':') && !line.starts_with(|c: char| c.is_ascii_digit()));
    whole.lines().take(if is_named { 2 } else { 1 }).collect::<Vec<_>>().join("\n")
}

#[test]
fn rows_in_parts_make_all_rows() {
    let record = |at: usize| {
        format!("{{\"id\": {at}, \"state\": \"{}\", \"note\": \"n, {at}\"}}", ["ok", "bad", "slow"][at % 3])
    };
    let json = format!("[{}]", (0..300).map(record).collect::<Vec<_>>().join(",\n"));
    let log: String =
        (0..300).map(|at| format!("2024-01-01 10:{:02}:{:02} INFO step {at} done\n", at / 60, at % 60)).collect();
    for (text, query) in [
        (&json, "where state = ok"),
        (&json, "sort id desc | columns id, note"),
        (&json, "where id > 5 | rows 3-200"),
        (&json, "count by note"),
        (&json, "distinct note | limit 70"),
        (&log, "where text contains 7"),
        (&log, "columns time, message"),
    ] {
        for max_tokens in [60, 200, 1_000] {
            assert_eq!(rows_in_parts(text, query, max_tokens).unwrap(), text_of(text, query), "{query}");
        }
    }
    let tiny = retrieve(&json, "where state = ok", 3).unwrap();
    assert_eq!(tiny.next.unwrap(), format!("where state = ok | chars {}-", tiny.text.len() + 1));
}

#[test]
fn hostile_texts_take_linear_time_and_bounded_memory() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    assert_eq!(text_of(&deep, "count"), "1 row");
    assert!(retrieve(&deep, "where value = 1", 100).is_ok());
    let wide: String = (0..200_000).map(|at| format!("\"k{at}\": {at},")).collect();
    let wide = format!("[{{{}\"z\": 1}}]", wide);
    assert!(message(&wide, "where nothing = 1").contains("more"));
    assert_eq!(text_of(&wide, "where k7 = 7 | columns k7"), "1 of 1 row\nrow,k7\n1,7");
    let numbers = format!("[{}0]", "0.1,".repeat(1_000_000));
    assert_eq!(text_of(&numbers, "sum(value)"), "1 result of 1,000,001 rows\nsum(value)\n100000");
    assert_eq!(text_of(&numbers, "sort value desc | limit 1"), "1 of 1,000,001 rows\nrow,value\n1,0.1");
    let commas = ",\n".repeat(500_000);
    assert!(retrieve(&commas, "count", 100).is_ok());
    let quotes = "a,b\n".to_owned() + &"\"x\",1\n".repeat(200_000) + "\"";
    assert!(retrieve(&quotes, "count by a", 100).is_ok());
}

const CONTENTS: [&str; 5] = [
    JOBS,
    CSV,
    LOG,
    "{\"a\": {\"n\": 1}, \"b\": {\"n\": \"x\"}, \"c\": [1, null]}",
    "src/a.rs:3:fn main() {\nsrc/a.rs:9:    main();\nsrc/b.rs:1:use x;\nsrc/b.rs:2:use y;\n",
];

proptest! {
    #[test]
    fn any_words_in_any_order_give_an_answer_or_an_error(
        words in prop::collection::vec(prop::sample::select(vec![
            "where", "columns", "select", "sort", "order", "by", "group", "count", "limit", "5", "top", "distinct", "avg", "(", ")",
            ",", "=", "!=", "<", ">", "~", "and", "or", "not", "in", "is", "null", "like", "between", "'x'", "\"id\"", "/a|b/", "id",
            "state", "ms", "size", "text", "level", "|", " | ", "*", "desc", "from", "as", "having", "row", "offset", "tail", "sum(ms)",
            "p95(size)", ":", "symbol", "rows", "lines 1-3", "$", "grep", "`", "'", "é", "-",
        ]), 0..14),
        text in prop::sample::select(CONTENTS.to_vec()),
        max_tokens in 1..60usize,
    ) {
        check_outcome(text, &words.join(" "), max_tokens)?;
    }

    #[test]
    fn any_query_over_any_text_gives_an_answer_or_an_error(
        query in "(where |count|sort |group by |columns |top 3 |distinct ).{0,40}",
        text in "[ -~\\n\\té,{}\\[\\]\"|:0-9]{0,120}",
        max_tokens in 1..60usize,
    ) {
        check_outcome(&text, &query, max_tokens)?;
    }

    #[test]
    fn rows_of_any_table_in_parts_make_all_rows(
        rows in prop::collection::vec(("[a-c]{1,4}", "[0-9]{1,3}", "[ -~]{0,12}"), 1..40),
        query in prop::sample::select(vec![
            "columns a, b", "where b > 100", "sort b desc, a | columns a, c", "count by a", "sort c | limit 20", "distinct a, b",
        ]),
        max_tokens in 40..120usize,
    ) {
        let record = |(a, b, c): &(String, String, String)| {
            let c = c.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{{\"a\": \"{a}\", \"b\": {}, \"c\": \"{c}\"}}", b.trim_start_matches('0').parse::<u32>().unwrap_or(0))
        };
        let text = format!("[{}]", rows.iter().map(record).collect::<Vec<_>>().join(", "));
        prop_assert_eq!(rows_in_parts(&text, query, max_tokens), Some(text_of(&text, query)));
    }
}

fn check_outcome(text: &str, query: &str, max_tokens: usize) -> Result<(), TestCaseError> {
    match retrieve(text, query, max_tokens) {
        Ok(answer) => {
            let is_small =
                super::super::ceiling::tokens(&answer.text) <= max_tokens || answer.text.chars().count() == 1;
            prop_assert!(is_small, "{}: {:?}", query, answer);
            prop_assert!(answer.shown <= answer.total, "{}: {:?}", query, answer);
            if let Some(next) = answer.next {
                prop_assert!(retrieve(text, &next, max_tokens).is_ok(), "{}: {}", query, next);
            }
        }
        Err(error) => {
            let message = error.to_string();
            let (_, nearest) = message.rsplit_once("; write `").unwrap_or_else(|| panic!("{message}"));
            prop_assert!(query::parse(nearest.split('`').next().unwrap_or_default()).is_ok(), "{}", message);
        }
    }
    Ok(())
}
