//! A limit cycle: rank two with an antisymmetric part of the overlaps, n^(1) against m^(2) and n^(2) along m^(1), so that the
//! outliers are a complex pair (T10, T11). The network must oscillate with the period of theory. On the cycle \<phi'> is constant, so
//! that with one time constant ALONG \<phi'> = 1 and the period is 2 pi ALONG / ACROSS whatever the amplitude.

use lowrank_model::Vector::{M, N};
use lowrank_model::{Initial, Input, Layout, Transfer};

use crate::{Condition, Decision, Geometry, Task, TaskError, Wanted};

/// Overlaps of n^(k) with m^(k), and of n^(2) with m^(1) (n^(1) with m^(2): minus that).
const ALONG: f64 = 2.0;
const ACROSS: f64 = 1.0;
/// Random strength.
const G: f64 = 0.5;
/// Part of the period by which a network may differ.
const TOLERANCE: f64 = 0.15;

/// The task.
///
/// # Errors
/// None that these parameters have.
pub fn cycle() -> Result<Task, TaskError> {
    let mut geometry = Geometry::new(Layout::rank(2));
    let [first, second] = [(); 2].map(|()| geometry.source(1.0));
    let ensemble = geometry
        .vector(M(0), &[(1.0, first)])
        .vector(M(1), &[(1.0, second)])
        .vector(N(0), &[(ALONG, first), (-ACROSS, second)])
        .vector(N(1), &[(ALONG, second), (ACROSS, first)])
        .build()?;
    let condition = Condition {
        label: "free".to_owned(),
        group: String::new(),
        level: 0.0,
        input: Input::none(),
        wanted: Wanted::Kept,
    };
    Ok(Task {
        ensemble,
        g: G,
        transfer: Transfer::Tanh,
        initial: Initial { along: vec![(M(0), 0.5)], deviation: 0.1 },
        // The period errs by 6 % at a step of 0.1.
        dt: 0.025,
        duration: 180.0,
        interval: 0.5,
        onset: 0.0,
        conditions: vec![condition],
        trials: 1,
        decision: Decision::Period { tolerance: TOLERANCE, from: 60.0 },
        required: 1.0,
    })
}
