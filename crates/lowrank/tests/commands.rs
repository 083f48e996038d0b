//! Every command as a user runs it: what it prints and writes, its exit codes, and that nothing half written is left.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A bistable network that comes to rest.
const SMALL: &str = r#"
seed = 3
realisations = 40
[network]
neurons = 150
g = 0.6
variants = ["current", "rate"]
[structure]
rank = 1
means = { "m[0]" = 1.1, "n[0]" = 2.0 }
covariances = { "m[0]" = 1.0, "n[0]" = 1.0 }
[start]
along = { "m[0]" = 1.0 }
deviation = 1.0
[run]
transient = 20.0
window = 4.0
outliers = 1
"#;

const AXES: &str = r#"
[[axis]]
parameter = "strength"
values = [0.5, 1.5, 3.0]
[[axis]]
parameter = "g"
values = [0.5, 1.5, 2.5]
"#;

/// A grid for sweeps and diagrams.
fn grid() -> String {
    let text = SMALL.replace("means = { \"m[0]\" = 1.1, \"n[0]\" = 2.0 }\n", "").replace("outliers = 1\n", "");
    text.replace("realisations = 40", "realisations = 2").replace("neurons = 150", "neurons = 60") + AXES
}

fn lowrank(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).output().unwrap()
}

#[track_caller]
fn with_code(arguments: &[&str], code: i32) -> String {
    let output = lowrank(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}{told}");
    text
}

#[track_caller]
fn fine(arguments: &[&str]) -> String {
    with_code(arguments, 0)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A folder with a spec in it.
struct Place {
    folder: tempfile::TempDir,
    spec: String,
}

impl Place {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = folder.path().join("own.toml");
        std::fs::write(&spec, text).unwrap();
        Self { spec: spec.to_str().unwrap().to_owned(), folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// Every table in a folder, at any depth, is names and rows of as many fields, without comments, with what made it beside; how
/// many tables there are.
fn plain_tables(folder: &Path) -> usize {
    let mut tables = 0;
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            tables += plain_tables(&path);
        } else if path.extension().is_some_and(|ending| ending == "csv") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&path).unwrap();
            let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            let all = records.iter().flat_map(csv::StringRecord::iter);
            assert!(all.into_iter().all(|field| !field.contains('#')), "{}", path.display());
            let names: std::collections::BTreeSet<&str> = records[0].iter().collect();
            assert_eq!(names.len(), records[0].len(), "{}", path.display());
            // What a real number looks like to whoever takes types from the first rows; whole numbers are counts.
            for (column, name) in
                records[0].iter().enumerate().filter(|(_, name)| ["kappa_1", "g", "mu"].contains(name))
            {
                let real = |field: &str| field.is_empty() || field.contains(['.', 'e']) && field.parse::<f64>().is_ok();
                assert!(records[1..].iter().all(|record| real(&record[column])), "{name} in {}", path.display());
            }
            // The list of a sweep's blocks stands beside its definition.
            if path.file_name().unwrap() != "blocks.csv" {
                let beside = std::fs::read_to_string(format!("{}.json", path.display())).unwrap();
                assert!(json(&beside)["commit"].is_string() && !json(&beside)["spec"].is_null(), "{beside}");
            }
            tables += 1;
        }
    }
    tables
}

fn specs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/specs");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect()
}

#[test]
fn solve_finds_all_branches_and_says_which_are_stable() {
    let place = Place::with(SMALL);
    let text = fine(&["solve", &place.spec]);
    // kappa +, 0, - of two variants, the middle one unstable.
    assert_eq!((text.matches("stable").count(), text.matches("unstable: real outlier").count()), (6, 2), "{text}");
    assert_eq!(text.matches("becomes chaotic at g = 1.7959").count(), 2, "{text}");
    let out = place.path("out");
    let record = json(&fine(&["solve", &place.spec, "--json", "--out", &out]));
    assert_eq!(record, json(&place.read("out/solve.json")));
    assert_eq!((record["seed"].as_u64(), record["program"].as_str()), (Some(3), Some("lowrank")));
    let solutions = record["data"]["solutions"].as_array().unwrap();
    let kappa = |k: usize| solutions[0]["stationary"][k]["order"]["kappa"][0].as_f64().unwrap();
    assert!(solutions.len() == 2 && kappa(0) > 1.0 && kappa(1) == 0.0 && kappa(2) == -kappa(0));
    let table = place.read("out/solve.csv");
    assert!(table.lines().count() == 7 && table.starts_with("variant,solution,stability,kappa_1,mu,"), "{table}");
    assert_eq!(plain_tables(Path::new(&out)), 1);
    let beside = json(&place.read("out/solve.csv.json"));
    assert_eq!((beside["seed"].as_u64(), beside["program"].as_str()), (Some(3), Some("lowrank")));
}

#[test]
fn solve_follows_axes_and_finds_chaos() {
    let place = Place::with(&grid());
    let text = fine(&["solve", &place.spec, "--quiet"]);
    assert!(text.contains("chaotic") && text.contains("lambda_max") && text.contains("strength"), "{text}");
    assert!(!text.contains("becomes chaotic"), "{text}");
}

#[test]
fn simulate_gives_what_theory_says_and_writes_its_files() {
    let place = Place::with(SMALL);
    let text = fine(&["simulate", &place.spec]);
    assert!(text.contains("eigenvalue_1_re") && text.contains("standard_error"), "{text}");
    let out = place.path("out");
    let record = json(&fine(&["simulate", &place.spec, "--json", "--out", &out, "--trajectories"]));
    let variant = &record["data"]["variants"][1];
    let kappa = &variant["observables"][0];
    assert_eq!((variant["variant"].as_str(), kappa["name"].as_str()), (Some("rate"), Some("kappa_1")));
    let solved = json(&fine(&["solve", &place.spec, "--json"]));
    let theory = solved["data"]["solutions"][1]["stationary"][0]["order"]["kappa"][0].as_f64().unwrap();
    let (mean, error) = (kappa["mean"].as_f64().unwrap(), kappa["standard_error"].as_f64().unwrap());
    // Five standard errors of forty networks, and the finite-size shift of networks of 150.
    assert!((mean - theory).abs() < 5.0 * error + 0.05, "{mean} {error} {theory}");
    let arrays = json(&place.read("out/rate.npz.json"))["arrays"].clone();
    let shape = |name: &str| arrays[name]["shape"].clone();
    assert_eq!(shape("kappa"), serde_json::json!([40, 5, 1]));
    assert_eq!((shape("x")[0].as_u64(), shape("x")[3].as_u64()), (Some(40), Some(150)));
    let script = "import numpy, sys; z = numpy.load(sys.argv[1]); print(z['x'].shape[3], list(z['kappa__axes']))";
    let numpy = std::process::Command::new("python3").args(["-c", script, &place.path("out/rate.npz")]).output();
    match numpy {
        Ok(output) if output.status.success() => {
            let told = String::from_utf8(output.stdout).unwrap();
            assert!(told.starts_with("150 ") && told.contains("realisation") && told.contains("time"), "{told}");
        }
        _ => eprintln!("skipped: python3 has no numpy"),
    }
    let table = place.read("out/observables.csv");
    assert_eq!(json(&place.read("out/observables.csv.json"))["seed"], 3);
    assert_eq!(plain_tables(Path::new(&out)), 1);
    assert!(table.starts_with("variant,observable,mean,standard_error,networks,reason\n"));
}

#[test]
fn check_passes_what_is_so_and_catches_what_is_not() {
    let place = Place::with(SMALL);
    let out = place.path("out");
    let text = fine(&["check", &place.spec, "--out", &out]);
    assert!(text.contains("own kappa_1") && text.contains("12 claims: 12 pass"), "{text}");
    assert_eq!(place.read("out/check.md"), text);
    let record = json(&place.read("out/check.json"));
    assert_eq!((record["passed"].as_bool(), record["effort"]["own"]["neurons"].as_u64()), (Some(true), Some(150)));
    // A fault that theory does not know of must be caught.
    let text = with_code(&["check", &place.spec, "--plant", "transpose"], 1);
    assert!(text.contains("| FAIL"), "{text}");
    let text = fine(&["check", &place.spec, "--only", "rate/kappa"]);
    assert!(text.contains("1 claims: 1 pass"), "{text}");
}

#[test]
fn check_knows_chaos_transients_noise_and_populations() {
    // What is held here is that theory, start and margins fit together.
    for name in ["two-timescale", "step-input", "noise", "populations", "bistable"] {
        let spec = specs().into_iter().find(|path| path.file_stem().unwrap() == name).unwrap();
        let text = std::fs::read_to_string(spec).unwrap();
        let text = fine(&["check", &Place::with(&text).spec]);
        assert!(text.contains("pass") && !text.contains("| FAIL"), "{name}: {text}");
    }
}

#[test]
fn check_claims_what_is_even_where_networks_choose_their_sign_by_chance() {
    let place = Place::with(&SMALL.replace("along = { \"m[0]\" = 1.0 }\n", ""));
    let output = lowrank(&["check", &place.spec, "--verbose"]);
    let (claims, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(told.contains("its sign is chance"), "{told}");
    assert!(claims.contains("delta_0") && !claims.contains("kappa") && !claims.contains("/mu"), "{claims}");
}

/// Two basins, of which an input favours one: started at so many m.
fn two_basins(start: &str) -> String {
    let text = SMALL.replace("\"n[0]\" = 1.0 }", "\"n[0]\" = 1.0, \"I[0]\" = 1.0, \"n[0] I[0]\" = 0.4 }");
    let text =
        text.replace("[start]", "[[input]]\namplitude = 0.5\n[start]").replace("deviation = 1.0", "deviation = 0.0");
    let text =
        text.replace("\"m[0]\" = 1.0 }\ndev", &format!("\"m[0]\" = {start} }}\ndev")).replace("g = 0.6", "g = 0.5");
    let text = text.replace("realisations = 40", "realisations = 2").replace("neurons = 150", "neurons = 60");
    text.replace("[\"current\", \"rate\"]", "[\"current\"]").replace("outliers = 1\n", "")
}

#[test]
fn check_and_sweep_select_the_state_that_networks_reach() {
    // Networks of 400 neurons ended at +1.25 and -1.02 (mean-field: 1.2548, -1.0210).
    for (start, kappa) in [("0.02", "1.2548"), ("-0.02", "1.2548"), ("-0.2", "-1.0210")] {
        let place = Place::with(&two_basins(start));
        let told = String::from_utf8(lowrank(&["check", &place.spec, "--verbose"]).stderr).unwrap();
        assert!(told.contains(&format!("kappa [{kappa}]")), "{start}: {told}");
        let place = Place::with(&(two_basins(start) + "[[axis]]\nparameter = \"g\"\nvalues = [0.5]\n"));
        let folder = place.path("sweep");
        fine(&["sweep", "plan", &place.spec, "--out", &folder]);
        fine(&["sweep", "run", &folder]);
        fine(&["sweep", "merge", &folder]);
        let cells = place.read("sweep/cells.csv");
        let (head, row) = (cells.lines().next().unwrap(), cells.lines().nth(1).unwrap());
        let column = head.split(',').position(|name| name == "theory_kappa_1").unwrap();
        let found: f64 = row.split(',').nth(column).unwrap().parse().unwrap();
        assert_eq!(format!("{found:.4}"), kappa, "{start}");
    }
    let place = Place::with(&two_basins("-0.09"));
    let output = lowrank(&["check", &place.spec]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && told.contains("start.along") && told.contains("basins"), "{told}");
}

#[test]
fn sweeps_and_diagrams_are_the_same_tables() {
    let place = Place::with(&grid());
    let (sweep, diagram) = (place.path("sweep"), place.path("diagram"));
    let planned = json(&fine(&["sweep", "plan", &place.spec, "--out", &sweep, "--json"]));
    assert_eq!((planned["cells"].as_u64(), planned["blocks"].as_u64()), (Some(18), Some(4)));
    assert!(fine(&["sweep", "run", &sweep, "--threads", "1"]).contains("4 blocks computed"));
    let merged = json(&fine(&["sweep", "merge", &sweep, "--json"]));
    assert_eq!(merged["files"].as_array().unwrap().len(), 4);
    let record = json(&fine(&["diagram", &place.spec, "--out", &diagram, "--json", "--threads", "2"]));
    assert_eq!(record["run"]["computed"].as_u64(), Some(4));
    for name in ["cells.csv", "networks.csv"] {
        assert_eq!(place.read(&format!("sweep/{name}")), place.read(&format!("diagram/{name}")), "{name}");
    }
    assert_eq!([&sweep, &diagram].map(|folder| plain_tables(Path::new(folder))), [3, 4]);
    let boundaries = place.read("diagram/boundaries.csv");
    assert!(
        boundaries.contains("structured-onset-of-chaos,") && boundaries.contains("end-of-structure,"),
        "{boundaries}"
    );
}

#[test]
fn every_task_writes_its_tables_and_the_figures_that_make_sense_for_it() {
    let place = Place::with(SMALL);
    let out = place.path("tasks");
    let text = fine(&["task", "--networks", "2", "--neurons", "100,300", "--out", &out, "--threads", "2"]);
    let always = ["courses", "population", "sizes"];
    for (task, figures, thresholds) in [
        ("go-nogo", vec![], 0),
        ("detection", vec!["psychometric", "branches"], 6),
        ("context-discrimination", vec!["psychometric", "branches", "landscape"], 12),
        ("evidence-integration", vec!["psychometric", "regression", "landscape"], 24),
        ("ring", vec!["landscape"], 0),
        ("limit-cycle", vec![], 0),
    ] {
        let folder = Path::new(&out).join(task);
        let mut drawn: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .filter_map(|file| Some(file.unwrap().file_name().to_str()?.strip_suffix(".svg")?.to_owned()))
            // Units are regressed where the choice varies, which it may not in the first network.
            .filter(|name| name != "regression" || task == "evidence-integration")
            .collect();
        drawn.sort_unstable();
        let mut expected: Vec<&str> = always.into_iter().chain(figures).collect();
        expected.sort_unstable();
        assert_eq!(drawn, expected, "{task}");
        let rows = |name: &str| std::fs::read_to_string(folder.join(name)).map_or(0, |text| text.lines().count() - 1);
        assert_eq!((rows("scores.csv"), rows("thresholds.csv")), (6, thresholds), "{task}");
        assert!(text.contains(task), "{text}");
        assert_eq!(plain_tables(&folder), if thresholds > 0 { 3 } else { 2 }, "{task}");
        let beside = json(&std::fs::read_to_string(folder.join("scores.csv.json")).unwrap());
        assert_eq!(beside["spec"], format!("lowrank task {task} --networks 2 --seed 1 --neurons 100,300"));
    }
}

#[test]
fn one_thread_or_two_write_the_same_bytes() {
    let place = Place::with(SMALL);
    for command in ["solve", "simulate", "check"] {
        let printed = ["1", "2"].map(|threads| {
            let out = place.path(&format!("{command}-{threads}"));
            fine(&[command, &place.spec, "--threads", threads, "--out", &out])
        });
        assert_eq!(printed[0], printed[1]);
        for entry in std::fs::read_dir(place.path(&format!("{command}-1"))).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let bytes = |threads: &str| std::fs::read(place.path(&format!("{command}-{threads}/{name}"))).unwrap();
            let (one, two) = (bytes("1"), bytes("2"));
            assert!(one == two, "{command}: {name} depends on the threads");
        }
    }
}

#[test]
fn the_seed_of_the_command_line_is_another_network() {
    let place = Place::with(SMALL);
    let [own, same, other] = ["3", "3", "4"].map(|seed| fine(&["simulate", &place.spec, "--seed", seed]));
    assert!(own == same && own != other && own == fine(&["simulate", &place.spec]));
}

#[test]
fn init_writes_every_example_and_replaces_nothing_unasked() {
    let place = Place::with(SMALL);
    let list = json(&fine(&["init", "--list", "--json"]));
    assert!(list.as_array().unwrap().len() >= 12);
    for example in list.as_array().unwrap() {
        assert!(example["about"].as_str().unwrap().len() > 30, "{example}");
        let file = format!("{}.toml", example["name"].as_str().unwrap());
        fine(&["init", &file, "--example", example["name"].as_str().unwrap(), "--out", &place.path("specs")]);
        assert!(place.read(&format!("specs/{file}")).starts_with("# "));
    }
    let file = place.path("specs/network.toml");
    let output = lowrank(&["init", &file]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && told.contains("--force"), "{told}");
    fine(&["init", &file, "--force", "--seed", "9"]);
    assert!(place.read("specs/network.toml").contains("\nseed = 9\n"));
}

/// Every example is solved, or planned where it is large.
#[test]
fn every_example_is_understood() {
    let place = Place::with(SMALL);
    for spec in specs() {
        let name = spec.file_stem().unwrap().to_str().unwrap();
        let spec = spec.to_str().unwrap();
        match name {
            "diagram" | "large" => fine(&["sweep", "plan", spec, "--out", &place.path(name)]),
            _ => fine(&["solve", spec]),
        };
    }
}

#[test]
fn schema_completions_and_manual_pages_are_made() {
    let place = Place::with(SMALL);
    assert_eq!(json(&fine(&["schema"]))["title"], "lowrank spec");
    for shell in ["bash", "zsh", "fish"] {
        assert!(fine(&["completions", shell]).contains("lowrank"), "{shell}");
    }
    fine(&["man", "--out", &place.path("man")]);
    for page in ["lowrank", "lowrank-solve", "lowrank-sweep-plan"] {
        let text = place.read(&format!("man/{page}.1"));
        assert!(text.starts_with(".ie") || text.contains(".TH"), "{page}: {text}");
        assert!(text.contains("Exit codes"), "{page}");
    }
}

/// The words of every command, and of every command of a command.
fn commands_of(command: &clap::Command, words: &[String]) -> Vec<Vec<String>> {
    let of = |sub: &clap::Command| commands_of(sub, &[words, &[sub.get_name().to_owned()]].concat());
    let subs = command.get_subcommands().filter(|sub| sub.get_name() != "help");
    std::iter::once(words.to_vec()).chain(subs.flat_map(of)).collect()
}

#[test]
fn every_help_shows_an_example_and_the_exit_codes() {
    let commands = commands_of(&lowrank::command(), &[]);
    let has = |words: &[&str]| commands.iter().any(|command| command == words);
    assert!(has(&[]) && has(&["figure"]) && has(&["sweep"]) && has(&["sweep", "merge"]), "{commands:?}");
    for command in &commands {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let text = fine(&words);
        assert!(text.contains("lowrank") && text.contains("Exit codes: 0"), "{command:?}: {text}");
        assert!(text.contains("130 interrupted"), "{command:?}: {text}");
        assert!(command.is_empty() || text.contains("Example: lowrank"), "{command:?}: {text}");
        for option in ["--json", "--out", "--threads", "--seed", "--quiet", "--verbose"] {
            assert!(text.contains(option), "{command:?}: {option}");
        }
    }
}

#[test]
fn a_missing_command_is_one_line_that_names_the_commands() {
    let rows: [(&[&str], &str); 2] = [
        (
            &[],
            "init, schema, solve, transient, simulate, check, sweep, diagram, figure, task, validate, completions, man; see lowrank --help",
        ),
        (&["sweep"], "plan, run, merge; see lowrank sweep --help"),
    ];
    for (words, names) in rows {
        let output = lowrank(words);
        let told = String::from_utf8(output.stderr).unwrap();
        let expected = format!("error: no command is given: choose one of {names}\n");
        assert!(told == expected && output.status.code() == Some(2) && output.stdout.is_empty(), "{words:?}: {told}");
    }
}
