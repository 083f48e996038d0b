//! The numbers of a spec that an axis can set, and the model they make.

use std::collections::BTreeMap;

use lowrank_model::{
    Empirical, Ensemble, Gaussian, Initial, Input, Layout, Mixture, Model, ModelError, TimeCourse, Transfer, Variant,
    Vector,
};

use crate::error::out_of_range;
use crate::structure::MOST_VECTORS;
use crate::{Geometry, InputCourse, Parameter, Spec, SpecError, Structure};

/// One network of a spec, before its variant is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    g: f64,
    transfer: Transfer,
    layout: Layout,
    law: Law,
    courses: Vec<InputCourse>,
    noise: f64,
    along: Vec<(Vector, f64)>,
    deviation: f64,
    tau_s: f64,
    tau_r: f64,
}

/// The law of the vectors.
#[derive(Debug, Clone, PartialEq)]
enum Law {
    Gaussian(Block),
    Mixture(Vec<(f64, Block)>),
    Given(Empirical),
}

/// Means, and covariances row after row, of vectors in the order of a layout.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    layout: Layout,
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Draft {
    /// The network as it is written down. `given` are the vectors of the file that the spec names, `[vectors][neuron]`.
    ///
    /// # Errors
    /// A vector that is not there; two laws at once; a file that is named and not given; a name that is not known.
    pub fn new(spec: &Spec, given: Option<Vec<Vec<f64>>>) -> Result<Self, SpecError> {
        let (network, structure) = (&spec.network, &spec.structure);
        one_law(structure)?;
        for (field, number) in [("structure.rank", structure.rank), ("structure.readouts", structure.readouts)] {
            if number > MOST_VECTORS {
                return Err(out_of_range(field, number, "<= 100"));
            }
        }
        let layout = spec.layout();
        let law = match (&structure.vectors, given) {
            (None, _) => law_of(structure, layout)?,
            (Some(path), None) => return Err(SpecError::NeedsVectors { path: path.clone() }),
            (Some(_), Some(vectors)) => {
                let bad = |source| SpecError::BadModel { field: "structure.vectors".to_owned(), source };
                Law::Given(Empirical::new(layout, network.neurons, vectors).map_err(bad)?)
            }
        };
        let unread = spec.inputs.iter().position(|input| input.from.is_some() && input.table.is_empty());
        if let Some(input) = unread {
            let path = spec.inputs[input].from.clone().unwrap_or_default();
            return Err(SpecError::NeedsTable { input, path });
        }
        let along = spec.start.along.iter();
        let along = along.map(|(name, c)| Ok((vector("start.along", layout, name)?, *c)));
        Ok(Self {
            g: network.g,
            transfer: spec.transfer()?,
            layout,
            law,
            courses: spec.inputs.clone(),
            noise: network.noise,
            along: along.collect::<Result<_, SpecError>>()?,
            deviation: spec.start.deviation(),
            tau_s: network.tau_s,
            tau_r: network.tau_r,
        })
    }

    /// How many vectors of each kind there are.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Sets one parameter.
    ///
    /// # Errors
    /// A vector that is not there; a moment of vectors whose moments are not the spec's; a value out of range.
    pub fn set(&mut self, parameter: Parameter, value: f64) -> Result<(), SpecError> {
        match parameter {
            Parameter::G => self.g = value,
            Parameter::Strength if value < 0.0 => return Err(out_of_range("axis strength", value, ">= 0")),
            Parameter::Strength => {
                for single in parameter.sets() {
                    self.set(single, value.sqrt())?;
                }
            }
            Parameter::Mean(a) => self.block(parameter)?.set_mean(a, value)?,
            Parameter::Covariance(a, b) => self.block(parameter)?.set_covariance(a, b, value)?,
            Parameter::Amplitude(q) => {
                self.layout.index(Vector::I(q))?;
                if self.courses[q].changing().is_some() {
                    return Err(not_here(
                        format!("axis {parameter}"),
                        "this input changes in time",
                        "leave the axis out, or the changes, sine or from of the input",
                    ));
                }
                self.courses[q].amplitude = value;
            }
            Parameter::Deviation if value < 0.0 => return Err(out_of_range("axis deviation", value, ">= 0")),
            Parameter::Deviation => self.deviation = value,
            Parameter::TauS => self.tau_s = value,
            Parameter::TauR => self.tau_r = value,
        }
        Ok(())
    }

    fn block(&mut self, parameter: Parameter) -> Result<&mut Block, SpecError> {
        match &mut self.law {
            Law::Gaussian(block) => Ok(block),
            _ => Err(not_here(
                format!("axis {parameter}"),
                "populations and given vectors have moments of their own",
                "vary g, amplitudes, deviation or time constants",
            )),
        }
    }

    /// The law of the initial state.
    pub fn initial(&self) -> Initial {
        Initial { along: self.along.clone(), deviation: self.deviation }
    }

    /// Amplitudes of the inputs before any change.
    pub fn amplitudes(&self) -> Vec<f64> {
        self.courses.iter().map(|course| course.amplitude).collect()
    }

    /// The model in a variant; the two-timescale one takes the time constants of the draft.
    ///
    /// # Errors
    /// Whatever a model refuses.
    pub fn model(&self, variant: Variant) -> Result<Model, ModelError> {
        let variant = match variant {
            Variant::TwoTimescale { .. } => Variant::two_timescale(self.tau_s, self.tau_r)?,
            other => other,
        };
        let ensemble: Ensemble = match &self.law {
            Law::Gaussian(block) => block.gaussian()?.into(),
            Law::Mixture(blocks) => {
                let populations = blocks.iter().map(|(weight, block)| Ok((*weight, block.gaussian()?)));
                Mixture::new(populations.collect::<Result<_, ModelError>>()?)?.into()
            }
            Law::Given(given) => given.clone().into(),
        };
        let course = |course: &InputCourse| {
            let steps = TimeCourse::piecewise(course.amplitude, &course.changes)?.with_table(&course.table)?;
            course.sine.map_or(Ok(steps.clone()), |sine| steps.with_sine(sine.amplitude, sine.period, sine.phase))
        };
        let courses = self.courses.iter().map(course).collect::<Result<_, _>>()?;
        let noise: Vec<f64> = self.courses.iter().map(|course| course.noise).collect();
        let input = Input::new(courses).with_noise(&noise)?;
        Model::new(self.g, self.transfer, variant, ensemble, input)?.with_noise(self.noise)
    }
}

impl Block {
    fn new(layout: Layout) -> Self {
        let d = layout.dimension();
        Self { layout, mean: vec![0.0; d], covariance: vec![0.0; d * d] }
    }

    fn named(
        field: &str,
        layout: Layout,
        means: &BTreeMap<String, f64>,
        covariances: &BTreeMap<String, f64>,
    ) -> Result<Self, SpecError> {
        let mut block = Self::new(layout);
        for (name, value) in means {
            block.set_mean(vector(&format!("{field}.means"), layout, name)?, *value)?;
        }
        let mut pairs: Vec<[Vector; 2]> = Vec::new();
        for (name, value) in covariances {
            let field = format!("{field}.covariances");
            let words: Vec<&str> = name.split_whitespace().collect();
            let (a, b) = match words[..] {
                [a] => (a, a),
                [a, b] => (a, b),
                _ => return Err(out_of_range(field, format!("{name:?}"), "named by one vector or two, \"m[0] n[0]\"")),
            };
            let pair = [vector(&field, layout, a)?, vector(&field, layout, b)?];
            if pairs.iter().any(|[a, b]| pair == [*a, *b] || pair == [*b, *a]) {
                return Err(out_of_range(field, format!("{name} in both orders"), "each pair once"));
            }
            pairs.push(pair);
            block.set_covariance(pair[0], pair[1], *value)?;
        }
        Ok(block)
    }

    fn set_mean(&mut self, a: Vector, value: f64) -> Result<(), ModelError> {
        self.mean[self.layout.index(a)?] = value;
        Ok(())
    }

    fn set_covariance(&mut self, a: Vector, b: Vector, value: f64) -> Result<(), ModelError> {
        let (d, a, b) = (self.layout.dimension(), self.layout.index(a)?, self.layout.index(b)?);
        self.covariance[a * d + b] = value;
        self.covariance[b * d + a] = value;
        Ok(())
    }

    fn gaussian(&self) -> Result<Gaussian, ModelError> {
        Gaussian::new(self.layout, self.mean.clone(), self.covariance.clone())
    }
}

/// A vector by its name, which the layout must have.
fn vector(field: &str, layout: Layout, name: &str) -> Result<Vector, SpecError> {
    let bad = |source| SpecError::BadModel { field: field.to_owned(), source };
    let vector: Vector = name.parse().map_err(bad)?;
    layout.index(vector).map_err(bad)?;
    Ok(vector)
}

fn not_here(field: impl Into<String>, why: &'static str, mend: &'static str) -> SpecError {
    SpecError::NotHere { field: field.into(), why, mend }
}

/// Refuses a structure that says twice what the vectors are.
fn one_law(structure: &Structure) -> Result<(), SpecError> {
    let named = !structure.means.is_empty() || !structure.covariances.is_empty();
    let laws = [
        ("structure.means or structure.covariances", named),
        ("structure.geometry", structure.geometry.is_some()),
        ("structure.population", !structure.populations.is_empty()),
        ("structure.vectors", structure.vectors.is_some()),
    ];
    let mut given = laws.iter().filter(|(_, given)| *given).map(|(field, _)| *field);
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        let why = "the vectors have one law";
        return Err(not_here(format!("{first} and {second}"), why, "leave one of them out"));
    }
    if structure.geometry.is_some() && structure.rank > 1 {
        return Err(out_of_range("structure.rank", structure.rank, "1, or left out: a geometry has rank one"));
    }
    Ok(())
}

fn law_of(structure: &Structure, layout: Layout) -> Result<Law, SpecError> {
    if let Some(geometry) = structure.geometry {
        return Ok(Law::Gaussian(block_of(geometry, layout)?));
    }
    if structure.populations.is_empty() {
        return Ok(Law::Gaussian(Block::named("structure", layout, &structure.means, &structure.covariances)?));
    }
    let blocks = structure.populations.iter().map(|population| {
        let block = Block::named("structure.population", layout, &population.means, &population.covariances)?;
        Ok((population.weight, block))
    });
    Ok(Law::Mixture(blocks.collect::<Result<_, SpecError>>()?))
}

/// The moments of a geometry (docs/theory.md section 8).
fn block_of(geometry: Geometry, layout: Layout) -> Result<Block, SpecError> {
    let (m, n) = (Vector::M(0), Vector::N(0));
    let mut block = Block::new(layout);
    for q in 0..layout.inputs {
        block.set_covariance(Vector::I(q), Vector::I(q), 1.0)?;
    }
    for p in 0..layout.readouts {
        block.set_covariance(Vector::W(p), Vector::W(p), 1.0)?;
    }
    let needs_input = |name: &str| {
        let field = format!("structure.geometry is {name} and the number of [[input]] tables");
        if layout.inputs == 0 { Err(out_of_range(field, 0, ">= 1")) } else { Ok(()) }
    };
    let (variance_m, variance_n) = match geometry {
        Geometry::Strength(of) => {
            if !(of.strength >= 0.0 && of.strength.is_finite()) {
                return Err(out_of_range("structure.geometry.strength", of.strength, "a finite number >= 0"));
            }
            block.set_mean(m, of.strength.sqrt())?;
            block.set_mean(n, of.strength.sqrt())?;
            (of.variance_m, of.variance_n)
        }
        Geometry::Orthogonal(of) => (of.variance_m, of.variance_n),
        Geometry::Driven(of) => {
            needs_input("driven")?;
            block.set_covariance(n, Vector::I(0), of.overlap)?;
            (of.variance_m, of.variance_n)
        }
        Geometry::Bistable(of) => {
            needs_input("bistable")?;
            block.set_mean(m, of.mean_m)?;
            block.set_mean(n, of.mean_n)?;
            block.set_covariance(n, Vector::I(0), of.variance_n)?;
            block.set_covariance(Vector::I(0), Vector::I(0), of.variance_n)?;
            (of.variance_m, of.variance_n)
        }
    };
    block.set_covariance(m, m, variance_m)?;
    block.set_covariance(n, n, variance_n)?;
    Ok(block)
}
