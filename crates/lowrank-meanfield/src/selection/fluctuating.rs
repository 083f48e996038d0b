//! kappa with the bulk at its equilibrium, fluctuating where it does (T33).
//!
//! (1 + tau d/dt) kappa = F(kappa, Delta_0(kappa)): at each kappa Delta_0 and Delta_inf are those of (T21) and (T14), or the
//! stationary variance of (T7) where these have no solution. Its points of rest are the stationary and the chaotic solutions,
//! and a small deviation from one grows as (T32) says.

use lowrank_model::{Model, Variant};

use crate::chaotic::{of_one_timescale, solve_at};
use crate::neurons::Neurons;
use crate::stationary::evaluate;
use crate::{Averages, MeanFieldError};

/// Step in units of the time constant, where the gain of kappa is small, and the gain at which it is half of that.
const STEP: f64 = 0.25;
const LARGE_GAIN: f64 = 4.0;
/// Speed, relative to max(1, |kappa|), that counts as rest: the averages have four digits.
const AT_REST: f64 = 2e-4;
/// Steps before what does not come to rest is given up.
const MOST_STEPS: usize = 600;
/// Iterations of (T7) at fixed kappa, from the last variance.
const VARIANCE_ITERATIONS: usize = 40;

/// The neurons of one time scale: x does not tell time scales apart beyond a part in some hundred.
pub(super) struct Bulk {
    neurons: Neurons,
    classes: usize,
}

impl Bulk {
    pub(super) fn new(model: &Model) -> Result<Self, MeanFieldError> {
        let neurons = match model.variant() {
            Variant::TwoTimescale { tau_s, .. } => Neurons::new(&of_one_timescale(model, tau_s)?)?,
            _ => Neurons::new(model)?,
        };
        let classes = neurons.drives(&vec![0.0; neurons.rank]).count();
        Ok(Self { neurons, classes })
    }

    /// Classes of neurons, which an average costs.
    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    /// Whether x -> -x maps solutions to solutions.
    pub(super) fn is_symmetric(&self) -> bool {
        self.neurons.is_symmetric()
    }

    /// (kappa, individual variance) where kappa comes to rest from here; none where it does not.
    pub(super) fn relaxed(
        &self,
        kappa: &[f64],
        individual: f64,
        gain: f64,
    ) -> Result<Option<Vec<f64>>, MeanFieldError> {
        let rank = self.neurons.rank;
        let part = 1.0 - (-STEP / (1.0 + gain / LARGE_GAIN)).exp();
        let mut kappa = kappa.to_vec();
        // A bulk that has just begun to fluctuate has a small Delta_T.
        let mut variances = (individual, 0.9 * individual);
        for _ in 0..MOST_STEPS {
            let Some(rest) = self.rest(&kappa, &mut variances) else { return Ok(None) };
            let speed = kappa.iter().zip(&rest).map(|(k, r)| r.abs() / k.abs().max(1.0)).fold(0.0, f64::max);
            if speed < AT_REST {
                kappa.push(variances.0);
                return Ok(Some(kappa));
            }
            kappa.iter_mut().zip(&rest).for_each(|(k, r)| *k -= part * r);
        }
        debug_assert_eq!(kappa.len(), rank);
        Ok(None)
    }

    /// kappa - F(kappa), and the variances there; none where an average cannot be taken.
    fn rest(&self, kappa: &[f64], variances: &mut (f64, f64)) -> Option<Vec<f64>> {
        let (zero, inf) = *variances;
        // From the last variances; from a bulk that fluctuates without a memory; from one that hardly does.
        for start in [(zero, inf), (zero, 0.0), (zero, 0.5 * zero), (zero, 0.9 * zero)] {
            if let Some((zero, inf, rest)) = solve_at(&self.neurons, kappa, start) {
                *variances = (zero, inf);
                return Some(rest);
            }
        }
        let mut x: Vec<f64> = kappa.iter().copied().chain([zero]).collect();
        let rank = kappa.len();
        for _ in 0..VARIANCE_ITERATIONS {
            x[rank] = evaluate(&self.neurons, Averages::rough, &x)?.image[rank];
        }
        *variances = (x[rank], 0.9 * x[rank]);
        let image = evaluate(&self.neurons, Averages::rough, &x)?.image;
        Some(kappa.iter().zip(&image).map(|(k, f)| k - f).collect())
    }
}
