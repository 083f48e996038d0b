//! A ring attractor (\[MO18\]): rank two, two structures of equal overlap that meet nothing else, so that kappa may point
//! anywhere on a circle. A cue sets the angle; the network must keep it.

use std::f64::consts::PI;

use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Initial, Input, Layout, ModelError, TimeCourse, Transfer};

use crate::{Condition, Decision, Geometry, Task, TaskError, Wanted};

/// Standard deviation of m^(k) and n^(k).
const DEVIATION: f64 = 2.0;
/// Standard deviation of what m^(k) and n^(k) share.
const RHO: f64 = 1.6;
/// Random strength of the task: the ring without chaos.
const G: f64 = 0.8;
/// Random strength at which the ring is chaotic.
pub const CHAOTIC_G: f64 = 2.1;
/// Angles that are cued.
const ANGLES: usize = 8;
const CUE: [f64; 2] = [2.0, 12.0];

/// The task.
///
/// # Errors
/// None that these parameters have.
pub fn ring() -> Result<Task, TaskError> {
    let mut geometry = Geometry::new(Layout::rank(2).with_inputs(2));
    let own = (DEVIATION * DEVIATION - RHO * RHO).sqrt();
    for k in 0..2 {
        let [of_m, of_n, shared] = [own, own, RHO].map(|deviation| geometry.source(deviation));
        geometry = geometry
            .vector(M(k), &[(1.0, of_m), (1.0, shared)])
            .vector(N(k), &[(1.0, of_n), (1.0, shared)])
            .vector(I(k), &[(1.0, of_n)]);
    }
    let conditions = (0..ANGLES).map(|i| {
        let angle = 2.0 * PI * (i as f64 + 0.5) / ANGLES as f64 - PI;
        let cue = |amplitude: f64| TimeCourse::piecewise(0.0, &[(CUE[0], amplitude), (CUE[1], 0.0)]);
        let input = Input::new(vec![cue(angle.cos())?, cue(angle.sin())?]);
        let label = format!("{:.0} degrees", angle.to_degrees());
        Ok(Condition { label, group: "angle".to_owned(), level: angle, input, wanted: Wanted::Kept })
    });
    Ok(Task {
        ensemble: geometry.build()?,
        g: G,
        transfer: Transfer::Tanh,
        initial: Initial { along: Vec::new(), deviation: 0.1 },
        dt: 0.1,
        duration: 32.0,
        interval: 0.5,
        onset: CUE[1],
        conditions: conditions.collect::<Result<_, ModelError>>()?,
        trials: 1,
        decision: Decision::Angle { tolerance: PI / 8.0, from: 30.0 },
        required: 0.75,
    })
}
