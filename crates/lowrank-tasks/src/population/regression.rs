//! Regression of single units on what varies over trials, such as stimulus and choice.

use faer::Mat;
use faer::linalg::solvers::SolveLstsq;
use serde::Serialize;

use crate::TaskError;

/// Coefficients of every unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Regression {
    /// `[regressor][unit]`, of the regressors as they were given.
    pub coefficients: Vec<Vec<f64>>,
    /// `[unit]`: the constant.
    pub constant: Vec<f64>,
    /// `[unit]`: part of the variance over trials that the regressors explain; zero for a unit without variance.
    pub explained: Vec<f64>,
}

/// Least squares r_i(trial) = c_i + sum_k b_ik regressor_k(trial) for every unit: `activity` is `[trial][unit]`, `regressors`
/// `[regressor][trial]`.
///
/// # Errors
/// No more trials than coefficients; regressors that are not independent of each other and of a constant.
pub fn regress(activity: &[Vec<f32>], regressors: &[Vec<f64>]) -> Result<Regression, TaskError> {
    let (trials, units) = (activity.len(), activity.first().map_or(0, Vec::len));
    let columns = regressors.len() + 1;
    if trials <= columns {
        let (field, limit) = ("number of trials", "above the number of regressors by two or more");
        return Err(TaskError::BadNumber { field, value: trials as f64, limit });
    }
    let design = Mat::from_fn(trials, columns, |t, k| if k == 0 { 1.0 } else { regressors[k - 1][t] });
    let seen = Mat::from_fn(trials, units, |t, i| f64::from(activity[t][i]));
    let inner = design.transpose() * &design;
    let spectrum = inner.self_adjoint_eigenvalues(faer::Side::Lower).unwrap_or_default();
    let (low, high) = (spectrum.first().copied().unwrap_or(0.0), spectrum.last().copied().unwrap_or(0.0));
    if low.is_nan() || low <= 1e-12 * high {
        let (field, limit) = ("smallest eigenvalue of the regressors' products", "above 1e-12 of the largest");
        return Err(TaskError::BadNumber { field, value: low, limit });
    }
    let found = design.qr().solve_lstsq(&seen);
    let rest = &seen - &design * &found;
    let explained = |i: usize| {
        let mean = seen.col(i).iter().sum::<f64>() / trials as f64;
        let all: f64 = seen.col(i).iter().map(|x| (x - mean).powi(2)).sum();
        let left: f64 = rest.col(i).iter().map(|x| x * x).sum();
        if all > 0.0 { 1.0 - left / all } else { 0.0 }
    };
    let row = |k: usize| (0..units).map(|i| found[(k, i)]).collect::<Vec<f64>>();
    Ok(Regression {
        coefficients: (1..columns).map(row).collect(),
        constant: row(0),
        explained: (0..units).map(explained).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_of_linear_units_come_back() {
        let stimulus: Vec<f64> = (0..12).map(|t| f64::from(t % 4) - 1.5).collect();
        let choice: Vec<f64> = (0..12).map(|t| if (t * 5) % 3 == 0 { 1.0 } else { -1.0 }).collect();
        // Unit 0 mixes both, unit 1 is constant, unit 2 follows what is no regressor.
        let activity: Vec<Vec<f32>> = (0..12)
            .map(|t| vec![(0.5 + 2.0 * stimulus[t] - 0.25 * choice[t]) as f32, 3.0, if t == 5 { 1.0 } else { 0.0 }])
            .collect();
        let found = regress(&activity, &[stimulus.clone(), choice]).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(found.constant[0], 0.5);
        close(found.coefficients[0][0], 2.0);
        close(found.coefficients[1][0], -0.25);
        close(found.explained[0], 1.0);
        close(found.explained[1], 0.0);
        assert!(found.explained[2] < 0.5);
        assert!(regress(&activity, &[stimulus.clone(), stimulus.iter().map(|s| 2.0 * s).collect()]).is_err());
        assert!(regress(&activity[..2], &[stimulus]).is_err());
    }
}
