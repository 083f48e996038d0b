//! docs/paper-map.md: every equation of docs/theory.md is in it, and every file and test that it names is there.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap_or_default()
}

/// What the map says that is not so.
fn faults(map: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for quoted in map.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains(".rs")) {
        let (file, function) = quoted.split_once(": ").map_or((quoted, None), |(file, name)| (file, Some(name)));
        let text = read(file);
        let found = function.is_none_or(|name| text.contains(&format!("fn {name}(")));
        if text.is_empty() || !found {
            faults.push(quoted.to_owned());
        }
    }
    let numbers = |text: &str| -> Vec<u32> {
        let all = text.split('T').skip(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        all.filter_map(|digits| digits.parse().ok()).collect()
    };
    let firsts: String = map.lines().filter_map(|line| line.split('|').nth(1)).collect();
    let mapped = numbers(&firsts);
    let theory = read("docs/theory.md");
    let tagged = theory.split("\\tag{").skip(1).filter_map(|rest| rest.split('}').next());
    faults.extend(tagged.filter(|tag| !mapped.contains(&numbers(tag)[0])).map(str::to_owned));
    faults
}

#[test]
fn the_map_names_what_is_there() {
    let map = read("docs/paper-map.md");
    assert_eq!(faults(&map), Vec::<String>::new());
    // The control: a test and an equation that are not there.
    let broken = map.replace("entries_have_mean", "entries_had_mean").replace("| T27", "| T1");
    assert_eq!(faults(&broken).len(), 2, "{:?}", faults(&broken));
}
