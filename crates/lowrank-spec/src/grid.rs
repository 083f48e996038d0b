//! The grid of a spec's axes.

use lowrank_model::{Model, Variant};

use crate::error::out_of_range;
use crate::{Axis, Draft, Parameter, Spec, SpecError};

/// More cells than this are a typing error.
pub(crate) const MOST_CELLS: usize = 100_000_000;

/// The axes with their values, the last one fastest. One cell where there are no axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    axes: Vec<(Parameter, Vec<f64>)>,
}

impl Grid {
    /// The grid of a spec.
    ///
    /// # Errors
    /// A parameter that is not known; an axis without values; two axes that set the same thing; more than 1e8 cells.
    pub fn new(spec: &Spec) -> Result<Self, SpecError> {
        let axes = spec.axes.iter().map(values).collect::<Result<Vec<_>, _>>()?;
        set_once(&axes)?;
        let one_timescale = !spec.variants()?.iter().any(|variant| matches!(variant, Variant::TwoTimescale { .. }));
        if one_timescale && axes.iter().any(|(axis, _)| matches!(axis, Parameter::TauS | Parameter::TauR)) {
            return Err(out_of_range(
                "network.variants",
                "without two-timescale",
                "with it for an axis of tau-s or tau-r",
            ));
        }
        let cells = axes.iter().try_fold(1_usize, |cells, (_, values)| cells.checked_mul(values.len()));
        if cells.is_none_or(|cells| cells > MOST_CELLS) {
            let value = format!("more than {MOST_CELLS} cells");
            return Err(out_of_range("the grid", value, "smaller: take points from an axis"));
        }
        Ok(Self { axes })
    }

    /// The axes with their values.
    pub fn axes(&self) -> &[(Parameter, Vec<f64>)] {
        &self.axes
    }

    /// Number of cells, at least one.
    pub fn cells(&self) -> usize {
        self.axes.iter().map(|(_, values)| values.len()).product()
    }

    /// The value of every axis at a cell.
    pub fn values(&self, cell: usize) -> Vec<f64> {
        let mut rest = cell;
        let mut values: Vec<f64> = Vec::with_capacity(self.axes.len());
        for (_, axis) in self.axes.iter().rev() {
            values.push(axis[rest % axis.len()]);
            rest /= axis.len();
        }
        values.reverse();
        values
    }

    /// The numbers at these values of the axes.
    ///
    /// # Errors
    /// As for [`Draft::set`].
    pub fn draft(&self, base: &Draft, values: &[f64]) -> Result<Draft, SpecError> {
        let mut draft = base.clone();
        for ((parameter, _), value) in self.axes.iter().zip(values) {
            draft.set(*parameter, *value)?;
        }
        Ok(draft)
    }

    /// The model of a cell.
    ///
    /// # Errors
    /// A model that there cannot be, with the values of the axes.
    pub fn model(&self, base: &Draft, cell: usize, variant: Variant) -> Result<Model, SpecError> {
        let values = self.values(cell);
        let bad = |source| SpecError::BadCell { at: self.name(&values), source };
        self.draft(base, &values)?.model(variant).map_err(bad)
    }

    /// A cell in messages: "g = 0.5, strength = 2".
    pub fn name(&self, values: &[f64]) -> String {
        let named = self.axes.iter().zip(values).map(|((parameter, _), value)| format!("{parameter} = {value}"));
        let name = named.collect::<Vec<_>>().join(", ");
        if name.is_empty() { "the only cell".to_owned() } else { name }
    }
}

/// The values of an axis.
fn values(axis: &Axis) -> Result<(Parameter, Vec<f64>), SpecError> {
    let parameter: Parameter = axis.parameter.parse()?;
    let field = format!("axis {parameter}");
    let values = match (axis.values.as_slice(), axis.from, axis.to, axis.points) {
        ([_, ..], None, None, None) => axis.values.clone(),
        ([], Some(from), Some(to), Some(points @ 2..=MOST_CELLS)) => {
            (0..points).map(|i| from + (to - from) * i as f64 / (points - 1) as f64).collect()
        }
        ([], Some(_), Some(_), Some(points)) => return Err(out_of_range(field + ".points", points, ">= 2 and <= 1e8")),
        ([], None, None, None) => {
            return Err(out_of_range(field, "without values", "at least one value, or from, to and points"));
        }
        _ => return Err(out_of_range(field, "incomplete", "values, or from, to and points, and not both")),
    };
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(out_of_range(field, value, "finite numbers")),
        None => Ok((parameter, values)),
    }
}

/// Refuses two axes that set the same thing.
fn set_once(axes: &[(Parameter, Vec<f64>)]) -> Result<(), SpecError> {
    for (i, (second, _)) in axes.iter().enumerate() {
        for (first, _) in &axes[..i] {
            if let Some(both) = first.sets().into_iter().find(|set| second.sets().contains(set)) {
                let (first, second) = (first.to_string(), second.to_string());
                return Err(SpecError::SetTwice { first, second, what: both.to_string() });
            }
        }
    }
    Ok(())
}
