//! Newton away from known solutions.

use crate::newton::{Evaluation, RESIDUAL_LIMIT, newton_step, residual};

/// Steps of one deflated search, and its longest step in parts of the region.
const DEFLATED_STEPS: usize = 30;
const LONGEST_DEFLATED_STEP: f64 = 0.5;

/// Newton on the residual times prod_j (1 + 1/|x - x_j|^2) over the known x_j: its step is Newton's s, divided by
/// 1 - s grad log(prod). Where it ends; none where it cannot go on.
pub(super) fn deflated(
    evaluate: impl Fn(&[f64]) -> Option<Evaluation>,
    known: &[Vec<f64>],
    start: Vec<f64>,
    widths: &[f64],
) -> Option<Vec<f64>> {
    let mut x = start;
    for _ in 0..DEFLATED_STEPS {
        let at = evaluate(&x)?;
        if residual(&x, &at.image) < RESIDUAL_LIMIT {
            break;
        }
        let step = newton_step(&x, &at)?;
        let mut slope = 0.0;
        for known in known {
            let square: f64 = x.iter().zip(known).zip(widths).map(|((x, f), w)| ((x - f) / w).powi(2)).sum();
            let along: f64 = (0..x.len()).map(|i| (x[i] - known[i]) * step[i] / widths[i].powi(2)).sum();
            slope -= 2.0 * along / (square * (square + 1.0)).max(f64::MIN_POSITIVE);
        }
        let longest = step.iter().zip(widths).map(|(s, w)| (s / w).abs()).fold(0.0, f64::max);
        let mut factor = 1.0 / (1.0 - slope);
        if !factor.is_finite() {
            return None;
        }
        if factor.abs() * longest > LONGEST_DEFLATED_STEP {
            factor = factor.signum() * LONGEST_DEFLATED_STEP / longest;
        }
        x.iter_mut().zip(&step).for_each(|(x, s)| *x += factor * s);
        let last = x.len() - 1;
        x[last] = x[last].max(0.0);
    }
    Some(x)
}
