//! Context-dependent integration of evidence (\[MO18\] fig. 6): both stimuli come as noisy signals with means of either sign; the
//! readout must take the sign of the mean that the context cues.

use std::f64::consts::SQRT_2;

use lowrank_model::{Initial, Transfer};

use crate::context::{CONTEXTS, Context, NAMES};
use crate::discrimination::PAPER;
use crate::search::{Free, Search};
use crate::{Condition, Decision, Task, TaskError, Wanted};

/// Where the search begins.
pub const START: Context =
    Context { rho_m: 2.2, rho_n: 2.0, b_m: 0.6, b_n: 0.0, on: 0.0, off: -0.7, stimulus: 0.3, drive: 0.843, ..PAPER };

/// Parameters that the search found, rounded to three digits.
pub const FOUND: Context = Context {
    rho_m: 1.31,
    rho_n: 2.3,
    b_m: 2.08,
    b_n: 0.0142,
    on: 0.0193,
    off: -0.294,
    stimulus: 0.3,
    drive: 2.66,
    ..PAPER
};

/// Amplitude of the unit white noise on each stimulus, sqrt(2) sigma of (T24).
pub const NOISE: f64 = 0.3;
/// Means of the cued signal in parts of the largest.
pub const LEVELS: [f64; 6] = [-1.0, -0.5, -0.2, 0.2, 0.5, 1.0];
/// Weaker means are near the noise, even for a perfect integrator: they are there for the psychometric curve.
const SCORED: f64 = 0.4;
const ONSET: f64 = 10.0;

/// The task with these parameters; `stimulus` is the largest mean. The threshold is zero.
///
/// # Errors
/// Numbers that are not finite.
pub fn integration(parameters: &Context) -> Result<Task, TaskError> {
    let mut conditions = Vec::new();
    for (context, name) in NAMES.iter().enumerate() {
        for level in LEVELS {
            for distractor in [-1.0, 1.0] {
                let mut means = [distractor * parameters.stimulus; 2];
                means[context] = level * parameters.stimulus;
                // The convention of (T24): strength sigma is sqrt(2) sigma times unit white noise.
                let noise = [NOISE / SQRT_2, NOISE / SQRT_2, 0.0, 0.0, 0.0];
                let input = parameters.input(CONTEXTS[context], means, ONSET)?.with_noise(&noise)?;
                let wanted = match level {
                    _ if level.abs() < SCORED => Wanted::Anything,
                    _ if level > 0.0 => Wanted::High,
                    _ => Wanted::Low,
                };
                let sign = if distractor > 0.0 { '+' } else { '-' };
                let label = format!("context {name}, cued {level:+}, other {sign}");
                let group = format!("context {name}, other {sign}");
                conditions.push(Condition { label, group, level: means[context], input, wanted });
            }
        }
    }
    Ok(Task {
        ensemble: parameters.ensemble()?,
        g: parameters.g,
        transfer: Transfer::Tanh,
        initial: Initial { along: Vec::new(), deviation: 0.1 },
        dt: 0.1,
        duration: 50.0,
        interval: 0.5,
        onset: ONSET,
        conditions,
        trials: 1,
        decision: Decision::Readout { threshold: 0.0, from: 45.0, timed: false },
        required: 0.85,
    })
}

/// The search that found [`FOUND`], with seed 1; the signals, g and the deviation of the vectors are given.
pub fn search(seed: u64) -> Search {
    let free = Free::all([
        ("rho_m", 0.5, 4.0),
        ("rho_n", 0.5, 4.0),
        ("b_m", 0.1, 4.0),
        ("b_n", -1.0, 2.0),
        ("on", -0.5, 0.5),
        ("off", -2.0, 0.0),
        ("drive", -2.0, 8.0),
    ]);
    Search { build: integration, start: START, free, neurons: 2500, networks: 24, seed, rounds: 2, iterations: 200 }
}
