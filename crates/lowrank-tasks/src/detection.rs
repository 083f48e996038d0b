//! Detection of a noisy stimulus (\[MO18\] fig. 4): rank one, m = w + rho y, n = I + rho y. The overlap rho^2 \<y^2> makes two
//! states; a stimulus c I lifts the network from the lower one where that ends in a fold.

use std::f64::consts::SQRT_2;

use lowrank_model::Vector::{I, M, N, W};
use lowrank_model::{Initial, Input, Layout, ModelError, TimeCourse, Transfer};

use crate::{Condition, Decision, Geometry, Task, TaskError, Wanted};

/// Standard deviation of I, y and w.
const DEVIATION: f64 = 1.2;
/// Strength of y in m and n.
const RHO: f64 = 2.0;
/// Random strength.
const G: f64 = 0.8;
/// Amplitude of the unit white noise on the stimulus, sqrt(2) sigma of (T24).
pub const NOISE: f64 = 0.4;
/// Stimulus strengths of the psychometric curve; the weakest must not be detected, the strongest must.
pub const LEVELS: [f64; 8] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// The constant input is h = OFFSET y: it brings the fold of the lower state from c = 1.227 into the range of the stimuli.
const OFFSET: f64 = 0.65;
const ONSET: f64 = 10.0;
/// Coefficient of m in the initial state: in the basin of the lower state.
const START: f64 = -1.0;

/// The task with the parameters of the paper.
///
/// # Errors
/// None that these parameters have.
pub fn detection() -> Result<Task, TaskError> {
    let mut geometry = Geometry::new(Layout::rank(1).with_inputs(2).with_readouts(1));
    let [stimulus, y, w] = [(); 3].map(|()| geometry.source(DEVIATION));
    let ensemble = geometry
        .vector(M(0), &[(1.0, w), (RHO, y)])
        .vector(N(0), &[(1.0, stimulus), (RHO, y)])
        .vector(I(0), &[(1.0, stimulus)])
        .vector(I(1), &[(OFFSET, y)])
        .vector(W(0), &[(1.0, w)])
        .build()?;
    let conditions = LEVELS.map(|level| {
        let input = Input::new(vec![TimeCourse::step(ONSET, 0.0, level)?, TimeCourse::constant(1.0)?]);
        let input = input.with_noise(&[NOISE / SQRT_2, 0.0])?;
        let wanted = match level {
            c if c == LEVELS[0] => Wanted::Low,
            c if c == LEVELS[LEVELS.len() - 1] => Wanted::High,
            _ => Wanted::Anything,
        };
        Ok(Condition { label: format!("c = {level}"), group: "stimulus".to_owned(), level, input, wanted })
    });
    Task {
        ensemble,
        g: G,
        transfer: Transfer::Tanh,
        initial: Initial { along: vec![(M(0), START)], deviation: 0.1 },
        dt: 0.1,
        duration: 45.0,
        interval: 0.5,
        onset: ONSET,
        conditions: conditions.into_iter().collect::<Result<_, ModelError>>()?,
        trials: 2,
        decision: Decision::Readout { threshold: 0.0, from: 35.0, timed: true },
        required: 1.0,
    }
    .with_threshold_from_theory()
}
