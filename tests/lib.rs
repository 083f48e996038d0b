//! What the cross-crate tests share: the reference tables and the models they are about, and the survey of theory.
#![allow(clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

pub mod basins;
pub mod survey;

use std::collections::HashMap;
use std::path::Path;

use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

/// A table of `tests/reference`, one map from column to cell a row.
///
/// # Panics
/// If the table cannot be read.
pub fn reference_table(name: &str) -> Vec<HashMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference").join(name);
    let text = std::fs::read_to_string(path).expect("the reference table is there");
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let row = |line: &str| head.iter().zip(line.split(',')).map(|(h, c)| ((*h).to_owned(), c.to_owned())).collect();
    lines.map(row).collect()
}

/// A cell as a number.
///
/// # Panics
/// If there is no such column or the cell is no number.
pub fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

/// The transfer function that the tables name.
///
/// # Panics
/// If there is none of that name.
pub fn transfer(row: &HashMap<String, String>) -> Transfer {
    row["transfer"].replace('_', "-").parse().expect("a transfer function")
}

/// A value of `mean_field.csv`.
///
/// # Panics
/// If it is not there.
pub fn reference(name: &str, quantity: &str) -> f64 {
    let table = reference_table("mean_field.csv");
    let row = table.iter().find(|r| r["name"] == name && r["quantity"] == quantity);
    row.map(|r| number(r, "value")).unwrap_or_else(|| panic!("no {name} {quantity}"))
}

/// \[MO18\]'s ensemble: M_m = 1.1, M_n = 2, S_m = S_n = 1.
///
/// # Panics
/// Never: the moments are valid.
pub fn published() -> Gaussian {
    Moments::new(Layout::rank(1))
        .mean(M(0), 1.1)
        .mean(N(0), 2.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()
        .expect("valid moments")
}

/// Rank one with an input, all overlaps nonzero (docs/theory.md section 12).
///
/// # Panics
/// Never: the moments are valid.
pub fn correlated_input() -> Gaussian {
    Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 1.0)
        .mean(N(0), 1.2)
        .mean(I(0), 0.3)
        .variance(M(0), 1.0)
        .variance(N(0), 2.0)
        .variance(I(0), 0.6)
        .covariance(M(0), N(0), 0.8)
        .covariance(M(0), I(0), 0.2)
        .covariance(N(0), I(0), 0.5)
        .build()
        .expect("valid moments")
}

/// A model with every input at amplitude one.
///
/// # Panics
/// If `g` is not valid.
pub fn model(g: f64, transfer: Transfer, variant: Variant, ensemble: Gaussian) -> Model {
    let input = Input::constant(&vec![1.0; ensemble.layout().inputs]).expect("finite amplitudes");
    Model::new(g, transfer, variant, ensemble, input).expect("a valid model")
}
