//! Specs as a library: what they mean, what is refused and how, and that the schema is that of the examples.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

#[path = "../../../tests/schema_check.rs"]
mod schema_check;

use std::path::{Path, PathBuf};

use lowrank_model::{Ensemble, Variant, Vector};
use lowrank_spec::{Draft, Experiment, Grid, Parameter, Spec, SpecError, schema};
use serde_json::Value;

use self::schema_check::faults;

const FULL: &str = r#"
seed = 5
realisations = 2

[network]
neurons = 60
g = 0.9
variants = ["current", "two-timescale"]
tau-s = 0.5
tau-r = 1.5
noise = 0.25

[structure]
rank = 1
readouts = 1
means = { "m[0]" = 1.0 }
covariances = { "m[0]" = 1.0, "n[0]" = 0.5, "I[0]" = 0.2, "n[0] I[0]" = 0.1, "w[0]" = 1.0 }

[[input]]
amplitude = 0.4
changes = [[2.0, 1.0], [3.0, -1.0]]
noise = 0.1

[start]
along = { "m[0]" = 0.5 }
deviation = 0.7
copies = 2

[run]
method = "euler"
step = 0.125
transient = 2.0
window = 3.0
lags = [1.0, 2.0]
outliers = 2
"#;

fn experiment(text: &str) -> Result<Experiment, SpecError> {
    Experiment::new(&Spec::from_toml(text)?, None)
}

fn draft(text: &str) -> Draft {
    Draft::new(&Spec::from_toml(text).unwrap(), None).unwrap()
}

fn examples() -> Vec<PathBuf> {
    let folders =
        ["specs", "sweeps"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let files: Vec<PathBuf> = files.collect();
    assert!(files.len() > 15);
    files
}

#[test]
fn every_field_reaches_what_it_describes() {
    let experiment = experiment(FULL).unwrap();
    let [current, slow] = &experiment.models[..] else { panic!("two variants") };
    assert_eq!((current.variant(), slow.variant().time_constants()), (Variant::Current, (0.5, 1.5)));
    assert_eq!((current.g(), current.noise(), current.input().noise()), (0.9, 0.25, &[0.1][..]));
    assert_eq!([0.0, 2.5, 9.0].map(|t| current.input().at(t)[0]), [0.4, 1.0, -1.0]);
    let layout = current.ensemble().layout();
    assert_eq!((layout.rank, layout.inputs, layout.readouts), (1, 1, 1));
    let moments = current.ensemble().moments().unwrap();
    assert_eq!((moments.mean()[0], moments.covariance(1, 2), moments.covariance(3, 3)), (1.0, 0.1, 1.0));
    assert_eq!((experiment.initial.along.clone(), experiment.initial.deviation), (vec![(Vector::M(0), 0.5)], 0.7));
    assert_eq!((experiment.copies, experiment.seed, experiment.realisations, experiment.outliers), (2, 5, 2, 2));
    assert_eq!((experiment.protocol.samples(), experiment.protocol.method().name()), (4, "euler"));
    // The method that noise asks for is chosen where none is given.
    for (text, name) in [
        (FULL.replace("method = \"euler\"\n", ""), "euler"),
        (
            FULL.replace("method = \"euler\"\n", "")
                .replace("noise = 0.1", "noise = 0.0")
                .replace("noise = 0.25", "noise = 0.0"),
            "etd-ab3",
        ),
    ] {
        let experiment = Experiment::new(&Spec::from_toml(&text).unwrap(), None).unwrap();
        assert_eq!(experiment.protocol.method().name(), name);
    }
}

/// docs/theory.md section 8 at input strength c: (a) S_II = c^2, (b) S_nI = 0.8 c, (c) S_nI = c and S_II = 1 + c^2.
#[test]
fn geometries_are_those_of_the_theory() {
    let c = 0.7;
    let of = |geometry: &str, inputs: &[f64]| {
        let inputs: String = inputs.iter().map(|a| format!("[[input]]\namplitude = {a:?}\n")).collect();
        let text =
            format!("seed = 1\n[network]\nneurons = 10\n[structure]\ngeometry = {{ {geometry} = {{}} }}\n{inputs}");
        let model = draft(&text).model(Variant::Current).unwrap();
        let (moments, amplitudes) = (model.ensemble().moments().unwrap(), model.input().last());
        let along =
            |a: usize| amplitudes.iter().enumerate().map(|(q, x)| x * moments.covariance(a, 2 + q)).sum::<f64>();
        let square = (0..amplitudes.len()).map(|q| amplitudes[q] * along(2 + q)).sum::<f64>();
        ([along(0), along(1), square], [moments.mean()[0], moments.mean()[1]], moments.covariance(0, 1))
    };
    let close = |found: [f64; 3], expected: [f64; 3]| {
        found.iter().zip(&expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{found:?} {expected:?}"));
    };
    let (input, means, overlap) = of("orthogonal", &[c]);
    close(input, [0.0, 0.0, c * c]);
    assert_eq!((means, overlap), ([0.0, 0.0], 0.0));
    close(of("driven", &[c]).0, [0.0, 0.8 * c, c * c]);
    let (input, means, overlap) = of("bistable", &[c, 1.0]);
    close(input, [0.0, c, c * c + 1.0]);
    assert_eq!((means, overlap), ([3.5, 1.0], 0.0));
    let (_, means, _) = of("strength", &[]);
    assert_eq!(means, [2.0_f64.sqrt(); 2]);
}

#[test]
fn populations_and_given_vectors_are_what_they_say() {
    let text = "seed = 1\n[network]\nneurons = 3\n[structure]\nrank = 1\n\
        population = [{ weight = 1.0, means = { \"m[0]\" = 4.0 } }, { weight = 3.0 }]\n";
    let model = draft(text).model(Variant::Rate).unwrap();
    let Ensemble::Mixture(mixture) = model.ensemble() else { panic!("a mixture") };
    assert_eq!((mixture.populations()[1].0, mixture.moments().unwrap().mean()[0]), (0.75, 1.0));
    let text = "seed = 1\n[network]\nneurons = 3\n[structure]\nrank = 1\nvectors = \"v.npy\"\n";
    let spec = Spec::from_toml(text).unwrap();
    let told = Draft::new(&spec, None).unwrap_err().to_string();
    assert!(told.contains("v.npy"), "{told}");
    let given = vec![vec![1.0, 2.0, 3.0], vec![0.0, 1.0, 0.5]];
    let model = Draft::new(&spec, Some(given.clone())).unwrap().model(Variant::Rate).unwrap();
    let Ensemble::Empirical(empirical) = model.ensemble() else { panic!("given vectors") };
    assert_eq!(empirical.vectors(), given);
    let told = Draft::new(&spec, Some(vec![vec![1.0; 4]; 2])).unwrap_err().to_string();
    assert!(told.contains("structure.vectors") && told.contains('4') && told.contains('3'), "{told}");
}

#[test]
fn axes_set_what_they_name() {
    let text = FULL.replace("changes = [[2.0, 1.0], [3.0, -1.0]]\n", "")
        + "[[axis]]\nparameter = \"amplitude 0\"\nvalues = [0.0, 3.0]\n[[axis]]\nparameter = \"g\"\nfrom = 0.0\nto = 1.0\npoints = 3\n";
    let spec = Spec::from_toml(&text).unwrap();
    let grid = Grid::new(&spec).unwrap();
    assert_eq!((grid.cells(), grid.values(4), grid.axes()[1].0), (6, vec![3.0, 0.5], Parameter::G));
    let model = grid.model(&Draft::new(&spec, None).unwrap(), 4, Variant::Current).unwrap();
    assert_eq!((model.g(), model.input().last()), (0.5, vec![3.0]));
    let told = Experiment::new(&spec, None).unwrap_err().to_string();
    assert!(told.contains("axis") && told.contains("lowrank sweep"), "{told}");
}

#[test]
fn bad_specs_are_refused_in_one_line_that_names_place_value_limit_and_mend() {
    let rows: [(&str, &str, &[&str]); 43] = [
        ("neurons = 60", "nueron = 60", &["line 6", "[network]", "`nueron`", "did you mean `neurons`?"]),
        ("seed = 5", "sede = 5", &["line 2", "`sede`", "did you mean `seed`?"]),
        ("[start]", "[strat]", &["line 24", "`strat`", "did you mean `start`?"]),
        ("amplitude = 0.4", "amplitud = 0.4", &["[[input]]", "did you mean `amplitude`?"]),
        ("transient = 2.0", "transiant = 2.0", &["[run]", "did you mean `transient`?"]),
        ("neurons = 60", "neurons = \"sixty\"", &["line 6", "[network] neurons", "\"sixty\"", "a whole number >= 0"]),
        ("neurons = 60", "neurons = -60", &["line 6", "-60"]),
        ("g = 0.9", "g = true", &["[network] g", "true", "a number is needed"]),
        ("rank = 1\n", "rank = 1\nsampling = \"match\"\n", &["`match`", "did you mean `matched`?"]),
        ("rank = 1\n", "rank = 1\ngeometry = { drivn = {} }\n", &["`drivn`", "did you mean `driven`?"]),
        (
            "rank = 1\n",
            "geometry = \"driven\"\n",
            &["line 14", "structure.geometry is \"driven\"", "is a table", "{ driven = {} }"],
        ),
        ("rank = 1\n", "geometry = \"bistabel\"\n", &["\"bistabel\"", "orthogonal", "{ bistable = {} }"]),
        ("rank = 1\n", "geometry = 3\n", &["structure.geometry is 3", "a table"]),
        (
            "rank = 1\n",
            "geometry = { driven = {}, bistable = {} }\n",
            &["line 14", "structure.geometry", "bistable, driven", "all but one out", "= {} }"],
        ),
        ("rank = 1\n", "geometry = {}\n", &["structure.geometry is an empty table", "one of strength"]),
        ("rank = 1\n", "geometry = { driven = 1 }\n", &["structure.geometry.driven is 1", "{ driven = {} }"]),
        ("[network]", "[[network]]", &["line 5", "network is a list of tables", "write [network]"]),
        ("[start]", "[[start]]", &["line 24", "start is a list of tables", "write [start]"]),
        ("[[input]]", "[input]", &["line 19", "input is a table of amplitude, changes, noise", "write [[input]]"]),
        ("[run]", "[[thresholds]]\n[run]", &["thresholds is a list of tables", "write [thresholds]"]),
        ("rank = 1\n", "population = 2\n", &["structure.population is 2", "write [[structure.population]]"]),
        ("seed = 5\n", "", &["`seed`", "missing"]),
        ("changes = [[2.0, 1.0], [3.0, -1.0]]", "changes = [[2.0]]", &["[[input]] changes"]),
        ("changes = [[2.0, 1.0], [3.0, -1.0]]", "changes = [[2.0, 1.0], [2.0, 0.0]]", &["time 1", "increasing"]),
        ("[network]", "[network", &["line 5"]),
        ("neurons = 60", "neurons = 1", &["network.neurons", "1", ">= 2"]),
        ("g = 0.9", "g = -0.9", &["g", "-0.9", ">= 0"]),
        ("g = 0.9", "g = 0.9\ntransfer = \"tahn\"", &["network.transfer", "\"tahn\"", "did you mean \"tanh\"?"]),
        ("\"two-timescale\"", "\"two-timescales\"", &["network.variants", "did you mean \"two-timescale\"?"]),
        ("g = 0.9", "g = 0.9\nbulk = \"sparse\"", &["sparse", "sparse:K"]),
        ("g = 0.9", "g = 0.9\nprecision = \"f32\"", &["network.precision", "leave it out"]),
        ("method = \"euler\"", "method = \"eulr\"", &["run.method", "did you mean \"euler\"?"]),
        ("method = \"euler\"", "method = \"rk4\"", &["run.method", "rk4", "euler", "noise"]),
        ("lags = [1.0, 2.0]", "lags = [1.5]", &["1.5", "interval"]),
        ("\"m[0]\" = 0.5 }", "\"m[1]\" = 0.5 }", &["start.along", "m[1]", "rank 1"]),
        ("\"n[0] I[0]\" = 0.1", "\"n[0] I[0] w[0]\" = 0.1", &["structure.covariances", "two"]),
        ("\"n[0] I[0]\" = 0.1", "\"n[0] I[0]\" = 9.0", &["semidefinite"]),
        ("rank = 1\n", "rank = 1000\n", &["structure.rank", "1000", "<= 100"]),
        ("rank = 1\n", "rank = 1\ngeometry = { orthogonal = {} }\n", &["structure.geometry", "leave one"]),
        ("copies = 2", "copies = 0", &["start.copies", "0", ">= 1"]),
        ("tau-s = 0.5", "tau-s = 0.2", &["run.step", "0.125 where a time constant is 0.2", "half the shortest"]),
        ("copies = 2", "copies = 100000000000", &["start.copies", "100000000000", "<= 1000000"]),
        ("g = 0.9", "g = 0.9\nbulk = \"sparse:61\"", &["network.bulk", "sparse:61", "network.neurons"]),
    ];
    for (good, bad, parts) in rows {
        assert!(FULL.contains(good), "{good}");
        let told = match experiment(&FULL.replacen(good, bad, 1)) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(parts.iter().all(|part| told.contains(part)) && !told.contains('\n'), "{bad}: {told}");
    }
}

#[test]
fn the_canonical_text_comes_back_and_does_not_depend_on_how_it_was_written() {
    for path in examples() {
        let spec =
            Spec::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        assert_eq!(Spec::from_canonical(&spec.canonical().unwrap()).unwrap(), spec);
    }
    let other = FULL.replace("seed = 5", "# a remark\nseed    =  5").replace("g = 0.9", "g = 0.9\ntransfer = \"tanh\"");
    let canonical = |text: &str| Spec::from_toml(text).unwrap().canonical().unwrap();
    assert_eq!(canonical(FULL), canonical(&other));
    assert_ne!(canonical(FULL), canonical(&FULL.replace("0.7", "0.8")));
}

#[test]
fn the_schema_is_the_one_in_the_docs_and_that_of_every_example() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec.schema.json");
    let text = schema().unwrap();
    assert!(
        std::fs::read_to_string(&kept).is_ok_and(|kept| kept == text),
        "docs/spec.schema.json is not the schema of this version: write it with lowrank schema --out docs"
    );
    let schema: Value = serde_json::from_str(&text).unwrap();
    for path in examples() {
        let value: Value = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let found = faults(&schema, &value, true);
        assert!(found.is_empty(), "{path:?}: {found:?}");
    }
    // The controls: the schema does refuse.
    for (good, bad) in [("neurons", "nueron"), ("seed = 5", "seed = 1.5"), ("rank = 1", "sampling = \"match\"")] {
        let value: Value = toml::from_str(&FULL.replacen(good, bad, 1)).unwrap();
        assert!(!faults(&schema, &value, true).is_empty(), "{bad}");
    }
}

#[test]
fn a_start_of_which_nothing_is_said_has_the_unit_deviation() {
    let deviation = |start: &str| {
        let text = format!("seed = 1\n[network]\nneurons = 10\n[structure]\nrank = 1\n{start}");
        lowrank_spec::Experiment::new(&Spec::from_toml(&text).unwrap(), None).unwrap().initial.deviation
    };
    assert_eq!(deviation(""), 1.0);
    assert_eq!(deviation("[start]\ncopies = 2"), 1.0);
    assert_eq!(deviation("[start]\nalong = { \"m[0]\" = 0.5 }"), 0.0);
    assert_eq!(deviation("[start]\nalong = { \"m[0]\" = 0.5 }\ndeviation = 0.2"), 0.2);
    assert_eq!(deviation("[start]\ndeviation = 0.0"), 0.0);
}

/// Whole numbers are read to the last digit, or refused with what is to be done.
#[test]
fn seeds_are_exact_or_refused() {
    let spec = |seed: &str| Spec::from_toml(&format!("seed = {seed}\n[network]\nneurons = 10\n"));
    for seed in ["9007199254740991", "9007199254740993", "9223372036854775807"] {
        let read = spec(seed).unwrap();
        let text = read.canonical().unwrap();
        assert!(text.contains(&format!("\"seed\": {seed}")), "{text}");
        assert_eq!(Spec::from_canonical(&text).unwrap(), read);
    }
    assert_eq!(spec("9007199254740991.0").unwrap().seed, 9_007_199_254_740_991);
    // Both are read as 2^53; 1e16 + 1 is read as 1e16.
    for seed in ["9007199254740993.0", "9007199254740992.0", "1e16", "10000000000000001.0"] {
        let told = spec(seed).unwrap_err().to_string();
        assert!(told.contains("seed") && told.contains("write its digits") && !told.contains('\n'), "{told}");
    }
    for seed in ["9223372036854775808", "18446744073709551615", "1e19"] {
        let told = spec(seed).unwrap_err().to_string();
        assert!(told.contains("too large") && told.contains("9223372036854775808"), "{told}");
    }
}
