//! The solutions as a table, one row a solution, and as the lines below it.

use lowrank_meanfield::{Family, Regime};
use lowrank_model::{Layout, OrderParameters, decimals};
use lowrank_spec::Grid;

use super::{Solved, Unsolved};
use crate::table::{Table, Value};

/// Radii of a family that differ by less than this part are one but for rounding along the neutral direction.
const ROUNDNESS: f64 = 1e-4;

/// One row a solution, and one a kind of solution that could not be solved for.
pub(super) fn table(solutions: &[Solved], grid: &Grid, layout: Layout) -> Table {
    let axes = grid.axes().iter().map(|(parameter, _)| parameter.to_string());
    let (rank, readouts) = (layout.rank, layout.readouts);
    let kappa = (1..=rank).map(|k| format!("kappa_{k}")).chain((1..=readouts).map(|p| format!("z_{p}")));
    let rest = [
        "mu",
        "delta_0",
        "delta_0_individual",
        "delta_inf",
        "delta_t",
        "r_mean",
        "r_second_moment",
        "rho",
        "lambda_max",
        "correlation_time",
        "growth_rate",
        "family_dimension",
        "family_radius",
    ];
    let most =
        solutions.iter().flat_map(|solved| &solved.stationary).map(|s| s.solution.outliers.len()).max().unwrap_or(0);
    let parts: Vec<String> = (1..=most).flat_map(|k| [format!("outlier_{k}_re"), format!("outlier_{k}_im")]).collect();
    let head = axes.chain(["variant", "solution", "stability"].map(str::to_owned)).chain(kappa);
    let head = head.chain(rest.map(str::to_owned)).chain(["outliers".to_owned()]).chain(parts.clone());
    let numbers = rank + readouts + rest.len();
    let head = head.chain(["reason".to_owned()]);
    let mut table = Table::new(head.collect())
        .only_printed("outliers")
        .only_written(parts.into_iter().chain(["family_dimension".to_owned()]));
    for solved in solutions {
        let mut push = |texts: [&str; 3], values: Vec<f64>, outliers: &[(f64, f64)], reason: &str| {
            let mut row: Vec<Value> = solved.at.iter().map(|(_, value)| Value::from(*value)).collect();
            row.extend(texts.map(Value::from));
            row.extend(values.into_iter().map(Value::from));
            row.push(outlier_text(outliers).into());
            row.extend((0..most).flat_map(|k| {
                let (re, im) = outliers.get(k).copied().unwrap_or((f64::NAN, f64::NAN));
                [Value::from(re), Value::from(im)]
            }));
            row.push(reason.into());
            table.push(row);
        };
        let variant = solved.variant.name();
        let of_family = |family: Option<Family>| {
            family.map_or([f64::NAN; 2], |family| [family.dimension as f64, family.largest_radius])
        };
        for s in &solved.stationary {
            let z = &s.readouts;
            let s = &s.solution;
            let spectrum = [s.rho, s.growth_rate, f64::NAN, s.growth_rate];
            let values = values_of(&s.order, z, spectrum, of_family(s.family));
            push([variant, Regime::Stationary.name(), s.stability.name()], values, &s.outliers, "");
        }
        for c in &solved.chaotic {
            let growth = &c.structure_growth;
            let rate = growth.growth_rate.unwrap_or(f64::NAN);
            let spectrum = [c.rho, c.lambda_max, c.correlation_time, rate];
            let values = values_of(&c.order, &c.readouts, spectrum, of_family(c.family));
            push([variant, c.regime.name(), growth.stability.name()], values, &[], "");
        }
        for u in &solved.unbounded {
            // A direction has no size: of its numbers only the rate is one of a state.
            let mut values = vec![f64::NAN; numbers];
            values[numbers - 3] = u.growth_rate;
            push([variant, "unbounded", ""], values, &[], "");
        }
        for Unsolved { solution, reason } in &solved.failures {
            push([variant, solution, "not solved"], vec![f64::NAN; numbers], &[], reason);
        }
    }
    table
}

/// The numbers of a row: kappa, the readouts, the other order parameters, and rho, lambda_max, the correlation time, the growth rate of a
/// perturbation of kappa, and dimension and radius of a continuous family.
fn values_of(order: &OrderParameters, readouts: &[f64], spectrum: [f64; 4], family: [f64; 2]) -> Vec<f64> {
    let OrderParameters { kappa, mu, delta_0, delta_0_individual, delta_inf, delta_t, r_mean, r_second_moment, .. } =
        order;
    let rest = [*mu, *delta_0, *delta_0_individual, *delta_inf, *delta_t, *r_mean, *r_second_moment];
    [kappa.as_slice(), readouts, &rest, &spectrum, &family].concat()
}

/// "0.64", "0.33+0.66i 0.33-0.66i"; in files they are numbers with every digit.
fn outlier_text(outliers: &[(f64, f64)]) -> String {
    let one = |(re, im): &(f64, f64)| {
        let (re, size) = (decimals(*re, 4), decimals(im.abs(), 4));
        if *im == 0.0 { re } else { format!("{re}{}{size}i", if *im > 0.0 { "+" } else { "-" }) }
    };
    outliers.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// One line a branch that becomes chaotic, and one a continuous family.
pub(super) fn onsets(solutions: &[Solved]) -> String {
    let kappa = |kappa: &[f64]| kappa.iter().map(|k| decimals(*k, 4)).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for solved in solutions {
        let stationary = solved.stationary.iter().map(|s| (Regime::Stationary, s.solution.family));
        let families = stationary.chain(solved.chaotic.iter().map(|c| (c.regime, c.family)));
        for (regime, family) in families.filter_map(|(regime, family)| Some((regime, family?))) {
            let Family { dimension, smallest_radius, largest_radius } = family;
            let radii = if largest_radius - smallest_radius > ROUNDNESS * largest_radius {
                format!("of dimension {dimension}, of |kappa| from {smallest_radius:.4} to {largest_radius:.4}")
            } else if dimension == 1 {
                format!("a ring of radius {largest_radius:.4}")
            } else {
                format!("a sphere of dimension {dimension} and radius {largest_radius:.4}")
            };
            text += &format!(
                "{}: the {} solutions are a continuous family, {radii}; one is listed\n",
                solved.variant,
                regime.name()
            );
        }
        // Along axes they stand in the record.
        for onset in solved.onsets_of_chaos.iter().filter(|_| solved.at.is_empty()) {
            let g = onset.g;
            text += &if onset.kappa.iter().all(|k| *k == 0.0) {
                format!("{}: the state without structure becomes chaotic at g = {g:.4}\n", solved.variant)
            } else {
                format!(
                    "{}: the branch with kappa ({}) there becomes chaotic at g = {g:.4}\n",
                    solved.variant,
                    kappa(&onset.kappa)
                )
            };
        }
    }
    text
}
