//! Readouts of a stationary or chaotic state (T38).

use lowrank_model::{Model, OrderParameters, Vector};

use super::classes::{Class, Row, covariance};
use crate::MeanFieldError;
use crate::averages::{Averages, check};
use crate::stationary::check_kappa;
use crate::units::Units;

/// The readouts z_p = \<w^(p) r> (T38) of a state with these order parameters, one a readout vector, under the amplitudes that the
/// inputs have after their last change. In chaotic and fluctuating states they are the averages over time.
///
/// # Errors
/// Not one kappa an outer product; a state beyond the range in which averages are taken.
pub fn readouts(model: &Model, order: &OrderParameters) -> Result<Vec<f64>, MeanFieldError> {
    let units = Units::with_drive(model);
    let mut found = in_units(&units.model(model), &units.order(order))?;
    units.rates_back(&mut found);
    Ok(found)
}

/// The same in units in which the drive has the size one.
fn in_units(model: &Model, order: &OrderParameters) -> Result<Vec<f64>, MeanFieldError> {
    let layout = model.ensemble().layout();
    let rank = layout.rank;
    check_kappa(&order.kappa, rank)?;
    let mut row = Row { vectors: vec![0.0; layout.dimension()], own: 0.0 };
    row.vectors[..rank].copy_from_slice(&order.kappa);
    row.vectors[2 * rank..].iter_mut().zip(model.input().last()).for_each(|(sum, amplitude)| *sum = amplitude);
    let read = (0..layout.readouts).map(|p| layout.index(Vector::W(p))).collect::<Result<Vec<usize>, _>>()?;
    let mut sums = vec![0.0; read.len()];
    if read.is_empty() {
        return Ok(sums);
    }
    for class in Class::all(model.ensemble()) {
        let covector = class.covector(&row);
        let (mu, d) = (class.mean(&row), order.delta_0_individual + covariance(&row, &covector).max(0.0));
        check(model.transfer(), mu, d)?;
        let a = Averages::at(model.transfer(), mu, d);
        for (sum, vector) in sums.iter_mut().zip(&read) {
            *sum += class.weight * (class.mean_of(*vector) * a.phi + covector.vectors[*vector] * a.d1);
        }
    }
    Ok(sums)
}
