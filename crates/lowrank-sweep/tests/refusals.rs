//! What sweeps refuse: specs, sizes, bytes of another sweep.
#![allow(missing_docs, clippy::unwrap_used)]

mod small;

use lowrank_spec::Spec;
use lowrank_sweep::{Runner, Sweep, SweepError, tables};

use self::small::SMALL;

fn sweep(text: &str) -> Sweep {
    planned(text).unwrap()
}

fn planned(text: &str) -> Result<Sweep, SweepError> {
    Sweep::new(Spec::from_toml(text)?)
}

fn run(sweep: &Sweep) -> Vec<Vec<u8>> {
    let runner = Runner::new(sweep);
    (0..sweep.blocks()).map(|block| runner.run(block).unwrap()).collect()
}

#[test]
fn bad_specs_are_refused_in_one_line_that_names_the_field() {
    let rows: [(&str, &str, &[&str]); 37] = [
        ("seed = 5", "", &["seed"]),
        ("seed = 5", "seed = -5", &["line 2", "-5"]),
        ("seed = 5", "seed = 5\ncolour = 3", &["line 3", "colour", "realisations"]),
        ("neurons = 60", "neurons = 1", &["network.neurons", "1", ">= 2"]),
        ("neurons = 60", "neurons = 60\nneuron = 3", &["neuron"]),
        ("neurons = 60", "neurons = 60\nbulk = \"dense\"", &["\"dense\"", "sparse:K"]),
        ("neurons = 60", "neurons = 60\ntransfer = \"relu\"", &["\"relu\"", "threshold-linear"]),
        ("neurons = 60", "neurons = 60\nprecision = \"f16\"", &["f16", "f32"]),
        ("tau-s = 0.5", "tau-s = 0.0", &["tau_s", "0", "> 0"]),
        ("tau-s = 0.5", "tau-s = 0.2", &["run.step", "0.125", "0.2", "shortest time constant"]),
        ("realisations = 2", "realisations = 0", &["realisations", "0", ">= 1"]),
        ("cells-a-block = 4", "cells-a-block = 0", &["cells-a-block", "0"]),
        ("\"rate\"", "\"rates\"", &["\"rates\"", "current, rate, two-timescale"]),
        ("\"rate\"", "\"current\"", &["current twice"]),
        (
            "amplitude = 0.4",
            "amplitude = 0.4\nchanges = [[1.0, 2.0]]",
            &["input.changes", "constant", "lowrank simulate"],
        ),
        ("amplitude = 0.4", "noise = 0.4", &["input.noise", "no noise"]),
        ("neurons = 60", "neurons = 60\nnoise = 0.1", &["network.noise", "no noise"]),
        ("rank = 1", "rank = 1\nvectors = \"v.npy\"", &["structure.vectors", "drawn"]),
        ("rank = 1", "rank = 1\npopulation = [{ weight = 1.0 }]", &["structure.population", "Gaussian"]),
        ("step = 0.125", "step = 0.125\nlags = [1.0]", &["run.lags", "autocovariances"]),
        ("step = 0.125", "step = 0.125\noutliers = 1", &["run.outliers", "spectra"]),
        ("\"n[0] I[0]\" = 0.1", "\"n[0] I[0]\" = 9.0", &["mean n[0] = 0.5, g = 0.5", "semidefinite"]),
        ("\"n[0] I[0]\" = 0.1", "\"n[0] x\" = 0.1", &["structure.covariances", "\"x\""]),
        ("along = { \"m[0]\" = 0.5 }", "along = { \"m[1]\" = 0.5 }", &["m[1]", "rank 1"]),
        ("deviation = 0.7", "deviation = nan", &["deviation", "NaN"]),
        ("copies = 2", "copies = 0", &["start.copies", "0"]),
        ("method = \"euler\"", "method = \"rk4\"", &["\"rk4\"", "etd-ab3"]),
        ("step = 0.125", "step = 0.0", &["step", "0", "> 0"]),
        ("parameter = \"g\"", "parameter = \"mean n[0]\"", &["mean n[0]", "both set"]),
        ("parameter = \"g\"", "parameter = \"strength\"", &["strength", "mean n[0]", "both set"]),
        ("parameter = \"g\"", "parameter = \"G\"", &["\"G\"", "strength"]),
        ("points = 2", "points = 1", &["axis.points", "1", ">= 2"]),
        ("neurons = 60", "neurons = 60\nbulk = \"sparse:61\"", &["network.bulk", "sparse:61", "network.neurons"]),
        ("neurons = 60", "neurons = 4", &["network.neurons", "4", "vectors"]),
        ("realisations = 2", "realisations = 4000000000000", &["realisations", "4000000000000", "<= 100000000"]),
        (
            "\"n[0] I[0]\" = 0.1",
            "\"n[0] I[0]\" = 0.1, \"I[0] n[0]\" = 0.2",
            &["structure.covariances", "each pair once"],
        ),
        (
            ", \"two-timescale\"]\ntau-s = 0.5\ntau-r = 1.5",
            "]\n[[axis]]\nparameter = \"tau-s\"\nvalues = [1.0]",
            &["network.variants", "two-timescale"],
        ),
    ];
    for (good, bad, parts) in rows {
        assert!(SMALL.contains(good));
        let text = SMALL.replacen(good, bad, 1);
        let told = match planned(&text) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(parts.iter().all(|part| told.contains(part)) && !told.contains('\n'), "{bad}: {told}");
    }
    for (extra, part) in
        [("values = [1.0, inf]", "inf"), ("values = [1.0]\nfrom = 1.0", "not both"), ("from = 1.0", "incomplete")]
    {
        let text = SMALL.to_owned() + "[[axis]]\nparameter = \"deviation\"\n" + extra + "\n";
        let told = planned(&text).unwrap_err().to_string();
        assert!(told.contains("axis deviation") && told.contains(part), "{told}");
    }
}

#[test]
fn a_transient_off_the_steps_is_refused_before_anything_is_run() {
    let text = SMALL.replace("transient = 2.0", "transient = 2.05");
    let told = planned(&text).unwrap_err().to_string();
    assert!(told.contains("run.transient is 2.05") && told.contains("0.125"), "{told}");
}

#[test]
fn a_sweep_that_does_not_fit_says_so_before_it_is_run() {
    let text = SMALL.replace("neurons = 60", "neurons = 60000");
    let sweep = sweep(&text);
    let memory = sweep.memory(2);
    assert_eq!(memory.bulk, 60_000 * 60_000 * 8);
    assert_eq!((memory.bulks, memory.blocks), (1, 1), "large networks are run one at a time");
    let told = memory.check(24_000_000_000).unwrap_err().to_string();
    assert!(told.contains("28.9 GB") && told.contains("24.0 GB") && told.contains("f32"), "{told}");
}

#[test]
fn bytes_of_another_sweep_are_refused() {
    let sweep = sweep(SMALL);
    let mut payloads = run(&sweep);
    payloads[3].pop();
    let told = tables(&sweep, &payloads).unwrap_err().to_string();
    assert!(told.contains("block 3") && told.contains("run it again"), "{told}");
    assert!(Runner::new(&sweep).run(12).unwrap_err().to_string().contains("no block 12"));
}
