//! Go/Nogo discrimination (\[MO18\] fig. 3): rank one, m = w, n = I_A. The Go stimulus I_A is read by n and written along w; the
//! Nogo stimulus I_B meets nothing.

use lowrank_model::Vector::{I, M, N, W};
use lowrank_model::{Initial, Input, Layout, TimeCourse, Transfer};

use crate::{Condition, Decision, Geometry, Task, TaskError, Wanted};

/// Standard deviation of I_A, I_B and w.
const DEVIATION: f64 = 2.0;
/// Random strength.
const G: f64 = 0.1;
const ONSET: f64 = 5.0;

/// The task with the parameters of the paper.
///
/// # Errors
/// None that these parameters have.
pub fn go_nogo() -> Result<Task, TaskError> {
    let mut geometry = Geometry::new(Layout::rank(1).with_inputs(2).with_readouts(1));
    let [go, nogo, w] = [(); 3].map(|()| geometry.source(DEVIATION));
    let ensemble = geometry
        .vector(M(0), &[(1.0, w)])
        .vector(N(0), &[(1.0, go)])
        .vector(I(0), &[(1.0, go)])
        .vector(I(1), &[(1.0, nogo)])
        .vector(W(0), &[(1.0, w)])
        .build()?;
    let mut conditions = Vec::new();
    for (label, shown, wanted) in [("Go", 0, Wanted::High), ("Nogo", 1, Wanted::Quiet)] {
        let course = |q: usize| TimeCourse::step(ONSET, 0.0, if q == shown { 1.0 } else { 0.0 });
        let input = Input::new((0..2).map(course).collect::<Result<_, _>>()?);
        conditions.push(Condition { label: label.to_owned(), group: String::new(), level: 1.0, input, wanted });
    }
    Task {
        ensemble,
        g: G,
        transfer: Transfer::Tanh,
        initial: Initial { along: Vec::new(), deviation: 0.1 },
        dt: 0.1,
        duration: 30.0,
        interval: 0.5,
        onset: ONSET,
        conditions,
        trials: 1,
        decision: Decision::Readout { threshold: 0.0, from: 20.0, timed: true },
        required: 1.0,
    }
    .with_threshold_from_theory()
}
