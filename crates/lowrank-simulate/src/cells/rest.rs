//! When a cell has come to rest and may leave its block.

use lowrank_model::Real;

/// Looks at a cell that must all find it at rest, one after the other.
const LOOKS: usize = 5;
/// Time between two looks, in unit time constants, at least.
pub(super) const LOOK_INTERVAL: f64 = 1.0;
/// The speed of a cell at rest, relative to the size of its state if that is above one: far below any statistic's
/// error and far above the rounding of a sum of thousands of terms.
const SPEED_F64: f64 = 1e-9;
const SPEED_F32: f64 = 4e-6;
/// Between looks a speed may grow by this factor: one on its way to rest falls, but for a spiral that is seen in its turns.
const GROWTH: f64 = 1.05;
/// Below so many roundings of the state a speed is noise, and tells neither growth nor decay.
const NOISE: f64 = 16.0;

/// What has been seen of one cell's speed, the root mean square of dy/dt over its state.
///
/// A cell is at rest when five looks, each at least a unit of time after the one before, find the speed below 1e-9
/// (`f32`: 4e-6) of max(1, size of the state), and never growing by more than a twentieth unless it is the noise of
/// rounding. A state on its way to a fixed point slows down; one that leaves a saddle speeds up, and passes only if it
/// does so by less than a twentieth a unit of time, or lies on the saddle's stable manifold to rounding (`f32`: to 2e-6).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    looks: usize,
    last: f64,
}

impl Rest {
    /// One look: whether this is now at rest.
    pub(super) fn look<T: Real>(&mut self, speed: f64, size: f64) -> bool {
        let limit = if T::EPSILON.to_f64() > 1e-10 { SPEED_F32 } else { SPEED_F64 };
        let slow = speed <= limit * size.max(1.0);
        let noise = NOISE * T::EPSILON.to_f64() * size.max(1.0);
        self.looks = match self.looks {
            0 if slow => 1,
            looks if slow && (speed <= GROWTH * self.last || speed <= noise) => looks + 1,
            _ => usize::from(slow),
        };
        self.last = speed;
        self.looks >= LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_slow_looks_in_a_row_are_rest_and_growth_starts_anew() {
        let looks = |speeds: &[f64]| {
            let mut rest = Rest::default();
            speeds.iter().position(|speed| rest.look::<f64>(*speed, 0.5))
        };
        assert_eq!(looks(&[1e-8, 9e-10, 8e-10, 7e-10, 6e-10, 5e-10]), Some(5));
        assert_eq!(looks(&[0.0; 5]), Some(4));
        assert_eq!(looks(&[9e-10, 8e-10, 2e-9, 8e-10, 7e-10, 6e-10, 5e-10]), None);
        // A saddle: slow for long, but faster and faster; by e^{0.3} a unit, and by e^{0.06}.
        for rate in [0.3, 0.06] {
            let speeds: Vec<f64> = (0..400).map(|t| 1e-14 * f64::exp(rate * f64::from(t))).collect();
            assert_eq!(looks(&speeds), None, "{rate}");
        }
        // Noise grows and falls.
        assert_eq!(looks(&[1e-16, 3e-16, 1e-16, 2e-15, 5e-16]), Some(4));
        assert_eq!(looks(&[f64::NAN; 9]), None);
        // Large states are judged relative to their size.
        let mut rest = Rest::default();
        assert_eq!((0..9).position(|_| rest.look::<f32>(3e-4, 100.0)), Some(4));
    }
}
