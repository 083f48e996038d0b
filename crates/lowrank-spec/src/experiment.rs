//! A checked spec of one network model: what theory and single networks take.

use lowrank_connectivity::{BulkKind, Sampling};
use lowrank_model::{Initial, Model};
use lowrank_simulate::Protocol;

use crate::error::out_of_range;
use crate::{Draft, Precision, Sampled, Spec, SpecError, check_numbers, check_step};

/// One network model in each of its variants, with its start, its run and its realisations.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Experiment {
    /// The model, once a variant.
    pub models: Vec<Model>,
    /// Neurons N.
    pub neurons: usize,
    /// Kind of bulk.
    pub bulk: BulkKind,
    /// How vectors are drawn.
    pub sampling: Sampling,
    /// Law of the initial state.
    pub initial: Initial,
    /// States of one network that are run together.
    pub copies: usize,
    /// How a network is run and measured.
    pub protocol: Protocol,
    /// Whether largest Lyapunov exponents are measured.
    pub lyapunov: bool,
    /// Leading eigenvalues measured at the end of a run.
    pub outliers: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Independent networks.
    pub realisations: u64,
}

impl Experiment {
    /// Checks a spec without axes. `given` are the vectors of the file that it names, `[vectors][neuron]`.
    ///
    /// # Errors
    /// Axes; what only sweeps can do; the first field that no network or run could have, with its value and its limit.
    pub fn new(spec: &Spec, given: Option<Vec<Vec<f64>>>) -> Result<Self, SpecError> {
        let (network, run) = (&spec.network, &spec.run);
        if !spec.axes.is_empty() {
            let why = "this command takes one point";
            let mend = "take the axes out, or use lowrank solve for theory along one axis; lowrank sweep and lowrank diagram run networks of \
                        Gaussian vectors under constant inputs along several";
            return Err(SpecError::NotHere { field: "[[axis]]".to_owned(), why, mend });
        }
        if spec.start.mirrored {
            return Err(only_in_sweeps("start.mirrored", "leave it out, and change the signs of start.along"));
        }
        if network.precision == Precision::F32 {
            return Err(only_in_sweeps("network.precision = \"f32\"", "leave it out: single networks are f64"));
        }
        let bulk = network.bulk.parse()?;
        let protocol = run.protocol(spec.is_noisy())?.with_structured_from(spec.thresholds.structure);
        let draft = Draft::new(spec, given)?;
        check_numbers(spec, bulk, draft.layout().dimension())?;
        let models: Vec<Model> =
            spec.variants()?.into_iter().map(|variant| draft.model(variant)).collect::<Result<_, _>>()?;
        for model in &models {
            draft.initial().coefficients(model.ensemble())?;
            check_step(run.step, model.variant())?;
        }
        if spec.is_noisy() && run.lyapunov {
            return Err(out_of_range("run.lyapunov", true, "false where there is white noise"));
        }
        if run.outliers > network.neurons {
            return Err(out_of_range("run.outliers", run.outliers, "<= network.neurons"));
        }
        if run.lyapunov && protocol.samples() < 3 {
            return Err(out_of_range("run.window", run.window, "two intervals or more where exponents are measured"));
        }
        Ok(Self {
            models,
            neurons: network.neurons,
            bulk,
            sampling: spec.structure.sampling.into(),
            initial: draft.initial(),
            copies: spec.start.copies,
            protocol,
            lyapunov: run.lyapunov,
            outliers: run.outliers,
            seed: spec.seed,
            realisations: spec.realisations,
        })
    }
}

impl From<Sampled> for Sampling {
    fn from(sampled: Sampled) -> Self {
        match sampled {
            Sampled::Matched => Self::Matched,
            Sampled::Independent => Self::Independent,
        }
    }
}

fn only_in_sweeps(field: &str, mend: &'static str) -> SpecError {
    SpecError::NotHere { field: field.to_owned(), why: "only sweeps have it", mend }
}
