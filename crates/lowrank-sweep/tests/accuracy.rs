//! The step of sweeps: halving it moves no statistic by a tenth of the standard error of a network of 1000 neurons (whose
//! spread over networks is that of 100 neurons divided by sqrt(10)), as far as 400 networks of 100 neurons can tell.
//!
//! docs/theory.md section 13 has the same from 1500 networks in four other cells.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_spec::Spec;
use lowrank_sweep::{Runner, Sweep, tables};

const NETWORKS: usize = 400;
const FIELDS: [&str; 5] = ["structure", "chaoticity", "delta_0", "delta_t", "rate_second_moment"];

/// `[field][network]` at g = 2 (unstructured chaos) for both variants after each other.
fn fields(method: &str, step: f64) -> Vec<Vec<f64>> {
    let text = format!(
        r#"
        seed = 4
        realisations = {NETWORKS}
        [network]
        neurons = 100
        g = 2.0
        variants = ["current", "rate"]
        [structure]
        rank = 1
        means = {{ "m[0]" = 0.7, "n[0]" = 0.7 }}
        covariances = {{ "m[0]" = 1.0, "n[0]" = 1.0 }}
        [start]
        along = {{ "m[0]" = 1.0 }}
        deviation = 1.0
        [run]
        method = "{method}"
        step = {step}
        transient = 30.0
        window = 100.0
        "#
    );
    let sweep = Sweep::new(Spec::from_toml(&text).unwrap()).unwrap();
    let runner = Runner::new(&sweep);
    let blocks: Vec<Vec<u8>> = (0..sweep.blocks()).map(|block| runner.run(block).unwrap()).collect();
    let table = tables(&sweep, &blocks).unwrap().networks;
    let names: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let column = |name: &&str| {
        let at = names.iter().position(|found| found == name).unwrap();
        table.lines().skip(1).map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
    };
    FIELDS.iter().map(column).collect()
}

/// (mean, standard deviation).
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// By how much each field moves from one run to the other, beyond four standard errors of the movement itself (a false
/// alarm in 16,000), in units of a tenth of the standard error of one network of 1000 neurons: by field and variant.
fn beyond(fine: &[Vec<f64>], coarse: &[Vec<f64>]) -> Vec<f64> {
    let of_variant = |fine: &[f64], coarse: &[f64]| {
        let moved: Vec<f64> = fine.iter().zip(coarse).map(|(fine, coarse)| coarse - fine).collect();
        let (mean, spread) = moments(&moved);
        let tenth = 0.1 * moments(fine).1 / 10.0_f64.sqrt();
        (mean.abs() - 4.0 * spread / (NETWORKS as f64).sqrt()) / tenth
    };
    let pairs = fine.iter().zip(coarse);
    pairs
        .flat_map(|(f, c)| {
            f.chunks(NETWORKS).zip(c.chunks(NETWORKS)).map(|(f, c)| of_variant(f, c)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn half_the_step_moves_no_statistic_by_a_tenth_of_its_standard_error() {
    let fine = fields("etd-ab3", 0.1);
    for beyond in beyond(&fine, &fields("etd-ab3", 0.2)) {
        assert!(beyond < 1.0, "{beyond}");
    }
    // The control: the step of forward Euler that was used for the published diagram is seen to be too long.
    let euler = beyond(&fine, &fields("euler", 0.5));
    // Chaoticity and Delta_T of both variants tell it clearly.
    assert!(euler.iter().filter(|beyond| **beyond > 1.0).count() >= 4, "{euler:?}");
}
