//! \<phi'> and the eigenvalues of (T10) of stationary solutions, as a table.

use super::Solved;
use crate::table::{Table, Value};

/// One row an eigenvalue, with the solution that it belongs to, counted from one within its variant and point. A solution that
/// has no such matrix, or a matrix without rows, has one row without an eigenvalue, and a point without solutions one with the reason.
pub(super) fn table(solutions: &[Solved], axes: Vec<String>, rank: usize) -> Table {
    let kappa = (1..=rank).map(|k| format!("kappa_{k}"));
    let head = axes.into_iter().chain(["variant", "number"].map(str::to_owned)).chain(kappa);
    let rest = ["mean_slope", "rho", "eigenvalue", "re", "im", "growth_rate", "reason"];
    let mut table = Table::new(head.chain(rest.map(str::to_owned)).collect());
    for solved in solutions {
        if solved.stationary.is_empty() {
            let mut row: Vec<Value> = solved.at.iter().map(|(_, value)| Value::from(*value)).collect();
            row.extend([solved.variant.name(), ""].map(Value::from));
            row.extend(vec![Value::from(f64::NAN); rank + 2]);
            row.push("".into());
            row.extend(vec![Value::from(f64::NAN); 3]);
            row.push(solved.why_none("stationary", "no stationary solution").into());
            table.push(row);
        }
        for (index, state) in solved.stationary.iter().enumerate() {
            let solution = &state.solution;
            let mut push = |number: String, values: [f64; 3]| {
                let mut row: Vec<Value> = solved.at.iter().map(|(_, value)| Value::from(*value)).collect();
                row.extend([solved.variant.name().into(), (index + 1).to_string().into()]);
                row.extend(solution.order.kappa.iter().map(|kappa| Value::from(*kappa)));
                let mean_slope = state.linearisation.as_ref().map_or(f64::NAN, |l| l.mean_slope);
                row.extend([mean_slope.into(), solution.rho.into(), number.into()]);
                row.extend(values.map(Value::from));
                row.push("".into());
                table.push(row);
            };
            let eigenvalues = state.linearisation.as_ref().map_or(&[][..], |l| &l.eigenvalues);
            for (k, lambda) in eigenvalues.iter().enumerate() {
                let rate = lowrank_meanfield::growth_rate(*lambda, solved.variant);
                push((k + 1).to_string(), [lambda.0, lambda.1, rate]);
            }
            if eigenvalues.is_empty() {
                push(String::new(), [f64::NAN; 3]);
            }
        }
    }
    table
}
