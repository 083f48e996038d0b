//! What a spec may have and a sweep may not: the engine of sweeps has constant inputs, no noise, and Gaussian vectors.

use lowrank_spec::{Spec, SpecError, check_numbers, out_of_range};

/// The methods that take one product a step.
const METHODS: [&str; 3] = ["etd-ab3", "euler", "exponential-euler"];

/// Refuses what single networks can have and sweeps cannot, and what no sweep could run.
pub(crate) fn check(spec: &Spec) -> Result<(), SpecError> {
    let (network, structure, run) = (&spec.network, &spec.structure, &spec.run);
    let input = |of: fn(&lowrank_spec::InputCourse) -> bool| spec.inputs.iter().any(of);
    let single = "leave it out, or take single points of the axes and use lowrank simulate";
    for (field, given, why) in [
        ("input.changes", input(|input| !input.changes.is_empty()), "inputs of a sweep are constant"),
        ("input.sine", input(|input| input.sine.is_some()), "inputs of a sweep are constant"),
        ("input.from", input(|input| input.from.is_some()), "inputs of a sweep are constant"),
        ("input.noise", input(|input| input.noise != 0.0), "a sweep has no noise"),
        ("network.noise", network.noise != 0.0, "a sweep has no noise"),
        ("structure.population", !structure.populations.is_empty(), "vectors of a sweep are Gaussian"),
        ("structure.vectors", structure.vectors.is_some(), "vectors of a sweep are drawn"),
        ("run.lags", !run.lags.is_empty(), "a sweep measures no autocovariances"),
        ("run.outliers", run.outliers > 0, "a sweep measures no spectra"),
    ] {
        if given {
            return Err(SpecError::NotHere { field: field.to_owned(), why, mend: single });
        }
    }
    if !METHODS.contains(&run.method(false)?.name()) {
        let relation = "etd-ab3, euler or exponential-euler, which take one product a step";
        return Err(out_of_range("run.method", format!("{:?}", run.method), relation));
    }
    check_numbers(spec, spec.network.bulk.parse()?, spec.layout().dimension())?;
    if spec.cells_a_block == 0 {
        return Err(out_of_range("cells-a-block", 0, ">= 1"));
    }
    let thresholds = &spec.thresholds;
    for (field, value) in
        [("thresholds.structure", thresholds.structure), ("thresholds.chaoticity", thresholds.chaoticity)]
    {
        if !(value > 0.0 && value.is_finite()) {
            return Err(out_of_range(field, value, "a finite number > 0"));
        }
    }
    Ok(())
}
