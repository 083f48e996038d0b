//! When a cell has come to rest and may leave its block.

use lowrank_model::Real;

/// Looks at a cell that must all find it at rest, one after the other, a longest time constant apart if that is more than a unit.
const LOOKS: usize = 5;
/// Time between two looks, in unit time constants, at least.
pub(super) const LOOK_INTERVAL: f64 = 1.0;
/// The residual of a cell at rest, relative to the size of its state: far below any statistic's error and far above the rounding of a
/// sum of thousands of terms.
const RESIDUAL_F64: f64 = 1e-9;
const RESIDUAL_F32: f64 = 4e-6;
/// Between looks a residual may grow by this factor: one on its way to rest falls, but for a spiral that is seen in its turns.
const GROWTH: f64 = 1.05;
/// Below so many roundings of the state a residual is noise, and tells neither growth nor decay.
const NOISE: f64 = 16.0;

/// What has been seen of one cell's residual, the root mean square of tau dy/dt over its state.
///
/// A cell is at rest when looks over five longest time constants, at least five of them, find the residual below 1e-9 (`f32`: 4e-6) of
/// the size of the state, never growing by more than a twentieth between two, and less at the last than at the first, unless it is the noise
/// of rounding. A state whose size falls towards zero is measured by the largest size that it has had, if that is below one, and by one
/// if not: what starts small is at rest only where it has become smaller by as much. A state on its way to a fixed point slows down; one
/// that leaves a saddle speeds up, and passes only if it lies on the saddle's stable manifold to 1e-9 (`f32`: 4e-6) of the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    /// The longest time constant.
    tau: f64,
    /// The largest size of the state so far.
    largest: f64,
    looks: usize,
    first: f64,
    last: f64,
}

impl Rest {
    /// A cell of this longest time constant that starts at a state of this size.
    pub(super) fn new(tau: f64, size: f64) -> Self {
        Self { tau, largest: size, looks: 0, first: 0.0, last: 0.0 }
    }

    /// One look: whether this is now at rest.
    pub(super) fn look<T: Real>(&mut self, residual: f64, size: f64) -> bool {
        let limit = if T::EPSILON.to_f64() > 1e-10 { RESIDUAL_F32 } else { RESIDUAL_F64 };
        self.largest = self.largest.max(size);
        let scale = size.max(self.largest.min(1.0));
        let (slow, noise) = (residual <= limit * scale, residual <= NOISE * T::EPSILON.to_f64() * scale);
        if slow && self.looks > 0 && (residual <= GROWTH * self.last || noise) {
            self.looks += 1;
        } else {
            self.looks = usize::from(slow);
            self.first = residual;
        }
        self.last = residual;
        let falls = noise || residual < self.first || residual == 0.0;
        self.looks >= LOOKS.max((LOOKS as f64 * self.tau).ceil() as usize) && falls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_looks_in_a_row_are_rest_and_growth_starts_anew() {
        let looks = |speeds: &[f64]| {
            let mut rest = Rest::new(1.0, 1.0);
            speeds.iter().position(|speed| rest.look::<f64>(*speed, 0.5))
        };
        assert_eq!(looks(&[1e-8, 9e-10, 8e-10, 7e-10, 6e-10, 5e-10]), Some(5));
        assert_eq!(looks(&[0.0; 5]), Some(4));
        assert_eq!(looks(&[9e-10, 8e-10, 2e-9, 8e-10, 7e-10, 6e-10, 5e-10]), None);
        // A saddle: slow for long, but faster and faster; by e^{0.3} a unit, and by e^{0.01}, less than between two looks of a spiral.
        for rate in [0.3, 0.01] {
            let speeds: Vec<f64> = (0..400).map(|t| 1e-14 * f64::exp(rate * f64::from(t))).collect();
            assert_eq!(looks(&speeds), None, "{rate}");
        }
        // A spiral on its way to rest, seen in its turns.
        assert_eq!(looks(&[9e-10, 8e-10, 8.2e-10, 8.1e-10, 7e-10]), Some(4));
        // Noise grows and falls.
        assert_eq!(looks(&[1e-16, 3e-16, 1e-16, 2e-15, 5e-16]), Some(4));
        assert_eq!(looks(&[f64::NAN; 9]), None);
        // Large states are judged relative to their size.
        let mut rest = Rest::new(1.0, 100.0);
        assert_eq!((0..9).position(|t| rest.look::<f32>(3e-4 * 0.9_f64.powi(t), 100.0)), Some(4));
    }

    #[test]
    fn small_starts_and_long_time_constants_are_waited_for() {
        // x = (0.97 e^-t + 0.03 e^(t / 10)) 1e-6: an unstable zero from a small start, whose residual is below the limit of a large one.
        let leaves = |rate: f64, part: f64| {
            let mut rest = Rest::new(1.0, 1e-6);
            let at = |t: f64| ((1.0 - part) * (-t).exp(), part * (rate * t).exp());
            (0..200).any(|t| {
                let (falls, grows) = at(f64::from(t));
                rest.look::<f32>(1e-6 * (rate * grows - falls).abs(), 1e-6 * (falls + grows))
            })
        };
        assert!(!leaves(0.1, 0.03) && !leaves(0.01, 0.03) && leaves(-0.5, 0.03));
        // tau 100: the speed is a hundredth of the residual.
        let mut rest = Rest::new(100.0, 1e-3);
        let count = (0..5000).position(|t| {
            let size = 1e-3 * (-f64::from(t) / 100.0).exp();
            rest.look::<f64>(size, size)
        });
        // ln 1e9 and five time constants.
        assert!(count.is_some_and(|count| (2500..2650).contains(&count)), "{count:?}");
    }
}
