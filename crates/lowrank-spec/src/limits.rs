//! What no network or run can have, whoever runs it.

use lowrank_connectivity::BulkKind;
use lowrank_model::Variant;

use crate::error::out_of_range;
use crate::{Sampled, Spec, SpecError, Step};

/// Longest step in units of the shortest time constant: the one of the published diagram; beyond, methods grow unstable.
const LONGEST_STEP: f64 = 0.5;
/// More networks than this are a typing error.
pub const MOST_NETWORKS: u64 = 100_000_000;
/// More states of one network than this are a typing error.
pub(crate) const MOST_COPIES: usize = 1_000_000;

/// Refuses a step that is too long for the shorter of two time constants.
///
/// # Errors
/// `run.step`, with the time constant.
pub fn check_step(step: Step, variant: Variant) -> Result<(), SpecError> {
    let Step::Fixed(step) = step else { return Ok(()) };
    let shortest = variant.shortest_time_constant();
    if step > LONGEST_STEP * shortest {
        let found = format!("{step} where a time constant is {shortest}");
        return Err(out_of_range("run.step", found, "at most half the shortest time constant, or \"auto\""));
    }
    Ok(())
}

/// Refuses numbers of networks, neurons and states that are none, or that the bulk or the moments of `vectors` vectors
/// cannot be had with.
///
/// # Errors
/// The first such field, with its value and its limit.
pub fn check_numbers(spec: &Spec, bulk: BulkKind, vectors: usize) -> Result<(), SpecError> {
    let neurons = spec.network.neurons;
    at_least("realisations", spec.realisations, 1)?;
    at_least("network.neurons", neurons as u64, 2)?;
    at_least("start.copies", spec.start.copies as u64, 1)?;
    if spec.realisations > MOST_NETWORKS {
        return Err(out_of_range("realisations", spec.realisations, "<= 100000000"));
    }
    if spec.start.copies > MOST_COPIES {
        return Err(out_of_range("start.copies", spec.start.copies, "<= 1000000"));
    }
    if let BulkKind::Sparse { inputs } = bulk
        && !(1..=neurons).contains(&inputs)
    {
        return Err(out_of_range("network.bulk", bulk, "sparse:K with K inputs from 1 to network.neurons"));
    }
    let drawn = spec.structure.vectors.is_none();
    if drawn && spec.structure.sampling == Sampled::Matched && vectors > 0 && neurons < vectors + 2 {
        let relation = ">= two more than there are vectors, to match moments";
        return Err(out_of_range("network.neurons", neurons, relation));
    }
    Ok(())
}

fn at_least(field: &str, value: u64, limit: u64) -> Result<(), SpecError> {
    if value >= limit { Ok(()) } else { Err(out_of_range(field, value, if limit == 1 { ">= 1" } else { ">= 2" })) }
}
