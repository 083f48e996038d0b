//! The input as the neurons feel it (T28): u_i holds sum_q V_q(t) I_i^(q), V_q the amplitude filtered by tau_s, with its white
//! noise in it.

use crate::{Input, ModelError, Variant};

/// The time constant of the noise's own filter where x is not filtered: that of r (T3).
const TAU_OF_NOISE: f64 = 1.0;

impl Input {
    /// V_q at the times 0, dt, ..., `steps` dt: `[time][input]`, from V_q(0) = 0 where x is filtered. A piecewise constant amplitude counts
    /// as constant within a step, sines and tables move within it; filters and noise are exact: with tau_s > 0,
    /// tau_s dV_q/dt = -V_q + a_q(t) + sqrt(2) sigma_q xi_q(t), and in the rate variant V_q = a_q(t) + sigma_q eta_q(t),
    /// d eta_q/dt = -eta_q + sqrt(2) xi_q (T3).
    ///
    /// `normal` gives the independent unit normals of the noise, one a step and noisy input; without noise it is not called.
    ///
    /// # Errors
    /// A step that is not a finite number above zero.
    pub fn felt(
        &self,
        variant: Variant,
        dt: f64,
        steps: usize,
        mut normal: impl FnMut() -> f64,
    ) -> Result<Vec<Vec<f64>>, ModelError> {
        crate::error::positive("step of the input", dt)?;
        let (tau_s, _) = variant.time_constants();
        let kept = |tau: f64| if tau > 0.0 { (-dt / tau).exp() } else { 0.0 };
        let (filter, noise_tau) = (kept(tau_s), if tau_s > 0.0 { tau_s } else { TAU_OF_NOISE });
        let noise_filter = kept(noise_tau);
        // What a step of the filter leaves of sqrt(2) times unit white noise: its stationary variance is 1 / tau.
        let kick = ((1.0 - noise_filter * noise_filter) / noise_tau).sqrt();
        let mut noise = vec![0.0; self.len()];
        let mut filtered = vec![0.0; self.len()];
        let mut felt = Vec::with_capacity(steps + 1);
        let moving = self.is_moving();
        for step in 0..=steps {
            let amplitudes = self.at(step as f64 * dt);
            let signal = if tau_s > 0.0 { &filtered } else { &amplitudes };
            felt.push(signal.iter().zip(&noise).map(|(signal, noise)| signal + noise).collect());
            let (now, next) = (step as f64 * dt, (step + 1) as f64 * dt);
            let moved = if moving { self.passed(tau_s, now, &filtered, next) } else { Vec::new() };
            for (q, amplitude) in amplitudes.iter().enumerate() {
                filtered[q] = moved.get(q).copied().unwrap_or(filter * filtered[q] + (1.0 - filter) * amplitude);
                if self.noise()[q] > 0.0 {
                    noise[q] = noise_filter * noise[q] + self.noise()[q] * kick * normal();
                }
            }
        }
        Ok(felt)
    }

    /// The filtered amplitudes at `end` from those at `start`, over the breakpoints between (T39).
    fn passed(&self, tau: f64, start: f64, filtered: &[f64], end: f64) -> Vec<f64> {
        let (mut time, mut values) = (start, filtered.to_vec());
        for stop in self.breakpoints(start, end).into_iter().chain([end]) {
            values = self.filtered(tau, time, &values, stop);
            time = stop;
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TimeCourse;

    #[test]
    fn a_step_is_filtered_by_tau_s_alone() {
        let input = Input::new(vec![TimeCourse::step(1.0, 0.0, 2.0).unwrap()]);
        let at = |variant, time: usize| input.felt(variant, 0.1, 60, || 0.0).unwrap()[time][0];
        assert_eq!((at(Variant::Rate, 9), at(Variant::Rate, 10)), (0.0, 2.0));
        for (variant, tau) in [(Variant::Current, 1.0), (Variant::two_timescale(0.5, 2.0).unwrap(), 0.5)] {
            // Since the jump at 1, four units of time.
            assert!((at(variant, 50) - 2.0 * (1.0 - (-4.0_f64 / tau).exp())).abs() < 1e-12, "{variant}");
        }
        assert!(input.felt(Variant::Rate, 0.0, 1, || 0.0).is_err());
    }

    #[test]
    fn noise_has_the_variance_of_the_process_whatever_the_step() {
        // Alternating normals of variance one: V is a sum of +-kick e^(-k dt), known in closed form in the long run.
        let input = Input::constant(&[0.0]).unwrap().with_noise(&[0.6]).unwrap();
        for variant in [Variant::Current, Variant::Rate] {
            let mut sign = 1.0;
            let felt = input.felt(variant, 0.1, 400, || {
                sign = -sign;
                sign
            });
            let e = (-0.1_f64).exp();
            let expected = 0.6 * (1.0 - e * e).sqrt() / (1.0 + e);
            assert!((felt.unwrap()[400][0].abs() - expected).abs() < 1e-12, "{variant}");
        }
    }
}
