//! Where two branches of stationary solutions cross (docs/theory.md section 5), to rounding.
//!
//! There the d x (d + 1) matrix H_y of H = x - F(x, q) in y = (x, q) has rank d - 1, so that Newton on H alone is singular
//! and is drawn to either branch. Moore's system (SIAM J. Numer. Anal. 17, 567, 1980) in (y, mu, psi),
//!     H + mu psi = 0,    H_y^T psi = 0,    psi^T psi = 1,
//! is regular at a simple branch point; mu = 0 there, and mu is what is left of H where two branches pass each other
//! without touching.

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};

use crate::MeanFieldError;
use crate::averages::Averages;
use crate::continuation::{Curve, bordered};
use crate::newton::{Outcome, RESIDUAL_GOAL, RESIDUAL_LIMIT, residual};
use crate::stationary::evaluate;

/// Newton converges quadratically from a hundredth of a unit away.
const MOST_STEPS: usize = 12;
/// Step of the differences of H_y^T psi: their error, 1e-10, only slows Newton.
const DIFFERENCE_STEP: f64 = 1e-5;
/// What may be left of H_y^T psi: the differences in q are good to 1e-10 of F, and F may be large.
const SINGULAR_LIMIT: f64 = 1e-8;

/// H, H_y, and how large H is relative to max(1, |x|).
struct Linearised {
    h: Vec<f64>,
    matrix: Mat<f64>,
    residual: f64,
}

impl Curve<'_> {
    /// The branch point near y = (x, q), as y; none if there is none that Newton reaches.
    pub(crate) fn branch_point(&self, near: &[f64]) -> Result<Option<Outcome>, MeanFieldError> {
        let d = near.len() - 1;
        let mut y = near.to_vec();
        let mut psi: Vec<f64> = Vec::new();
        let (mut mu, mut smallest) = (0.0, f64::INFINITY);
        let mut best: Option<Outcome> = None;
        for iterations in 0..MOST_STEPS {
            y[d - 1] = y[d - 1].max(0.0);
            y[d] = y[d].clamp(0.0, 1.0);
            if y.iter().any(|v| !v.is_finite()) {
                break;
            }
            let Some(here) = self.linearised(&y)? else { break };
            if psi.is_empty() {
                let Ok(svd) = here.matrix.svd() else { break };
                psi = (0..d).map(|i| svd.U()[(i, d - 1)]).collect();
            }
            let across = along(&here.matrix, &psi);
            let left = across.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
            if here.residual <= RESIDUAL_LIMIT && left <= SINGULAR_LIMIT && here.residual + left < smallest {
                smallest = here.residual + left;
                best = Some(Outcome { x: y.clone(), residual: here.residual, iterations });
            } else if best.is_some() {
                break;
            }
            if smallest <= RESIDUAL_GOAL {
                break;
            }
            let Some(bends) = self.bends(&y, &psi)? else { break };
            let size = 2 * d + 2;
            let matrix = Mat::from_fn(size, size, |i, j| match (i, j) {
                _ if i < d && j <= d => here.matrix[(i, j)],
                _ if i < d && j == d + 1 => psi[i],
                _ if i < d => mu * f64::from(u8::from(i + d + 2 == j)),
                _ if i <= 2 * d && j <= d => bends[j][i - d],
                _ if i <= 2 * d && j > d + 1 => here.matrix[(j - d - 2, i - d)],
                _ if i > 2 * d && j > d + 1 => 2.0 * psi[j - d - 2],
                _ => 0.0,
            });
            let norm: f64 = psi.iter().map(|p| p * p).sum();
            let right = Mat::from_fn(size, 1, |i, _| match i {
                _ if i < d => -here.h[i] - mu * psi[i],
                _ if i <= 2 * d => -across[i - d],
                _ => 1.0 - norm,
            });
            let change = PartialPivLu::new(matrix.as_ref()).solve(&right);
            y.iter_mut().enumerate().for_each(|(i, y)| *y += change[(i, 0)]);
            mu += change[(d + 1, 0)];
            psi.iter_mut().enumerate().for_each(|(i, p)| *p += change[(d + 2 + i, 0)]);
        }
        Ok(best)
    }

    fn linearised(&self, y: &[f64]) -> Result<Option<Linearised>, MeanFieldError> {
        let d = y.len() - 1;
        let (x, q) = (&y[..d], y[d]);
        let Some(at) = evaluate(&self.neurons(q)?, Averages::at, x) else { return Ok(None) };
        let Some(by_q) = self.derivative(x, q)? else { return Ok(None) };
        let h = x.iter().zip(&at.image).map(|(x, f)| x - f).collect();
        let matrix = bordered(&at.jacobian, &by_q, &vec![0.0; d + 1]);
        let matrix = matrix.submatrix(0, 0, d, d + 1).to_owned();
        Ok(Some(Linearised { h, matrix, residual: residual(x, &at.image) }))
    }

    /// The derivatives of H_y^T psi by each of y, by differences that stay where F is defined.
    fn bends(&self, y: &[f64], psi: &[f64]) -> Result<Option<Vec<Vec<f64>>>, MeanFieldError> {
        let d = y.len() - 1;
        let mut columns = Vec::with_capacity(d + 1);
        for i in 0..=d {
            let step = DIFFERENCE_STEP * if i < d { y[i].abs().max(1.0) } else { 1.0 };
            let (mut below, mut above) = (y.to_vec(), y.to_vec());
            below[i] -= step;
            above[i] += step;
            for moved in [&mut below, &mut above] {
                moved[d - 1] = moved[d - 1].max(0.0);
                moved[d] = moved[d].clamp(0.0, 1.0);
            }
            let (Some(b), Some(a)) = (self.linearised(&below)?, self.linearised(&above)?) else { return Ok(None) };
            let (b, a) = (along(&b.matrix, psi), along(&a.matrix, psi));
            columns.push(a.iter().zip(&b).map(|(a, b)| (a - b) / (above[i] - below[i])).collect());
        }
        Ok(Some(columns))
    }
}

/// H_y^T psi.
fn along(matrix: &Mat<f64>, psi: &[f64]) -> Vec<f64> {
    (0..=psi.len()).map(|j| psi.iter().enumerate().map(|(i, p)| matrix[(i, j)] * p).sum()).collect()
}
