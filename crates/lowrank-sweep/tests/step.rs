//! A sweep whose given step cannot serve is refused when it is planned, cell and remedy named.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_spec::Spec;
use lowrank_sweep::{Sweep, SweepError};

/// Cells of these uniform overlaps.
fn plan(run: &str, overlaps: &str, g: f64) -> Result<Sweep, SweepError> {
    let text = format!(
        r#"
seed = 1
[network]
neurons = 50
g = {g}
[structure]
rank = 1
means = {{ "m[0]" = 1.0, "n[0]" = 1.0 }}
[start]
deviation = 1.0
[run]
transient = 10.0
window = 10.0
{run}
[[axis]]
parameter = "mean n[0]"
values = {overlaps}
"#
    );
    Sweep::new(Spec::from_toml(&text).unwrap())
}

#[test]
fn a_given_step_that_the_overlaps_make_unstable_is_refused_before_any_work() {
    let told = plan("step = 0.2", "[0.5, -2.6, -4.0]", 0.5).unwrap_err().to_string();
    for part in ["mean n[0] = -4", "current", "run.step is 0.2", "etd-ab3", "stable at 0.1"] {
        assert!(told.contains(part) && !told.contains('\n'), "{told}");
    }
    // Euler's region ends at an overlap of 1 - 2 / h.
    assert!(plan("method = \"euler\"\nstep = 0.2", "[-8.9]", 0.5).is_ok());
    assert!(plan("method = \"euler\"\nstep = 0.2", "[-9.1]", 0.5).is_err());
    assert!(plan("step = 0.2", "[0.5, -2.6]", 0.5).is_ok());
    assert!(plan("step = 0.1", "[0.5, -2.6, -4.0]", 0.5).is_ok());
    assert!(plan("", "[0.5, -2.6, -400.0]", 0.5).is_ok());
    // Where the bulk grows faster than what the step adds, only the run can tell.
    assert!(plan("step = 0.2", "[-2.8]", 3.0).is_ok());
}
