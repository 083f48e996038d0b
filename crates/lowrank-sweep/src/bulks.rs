//! The bulks of a sweep: drawn when first needed, shared by the blocks of a realisation.

use std::sync::{Arc, Mutex, PoisonError};

use lowrank_connectivity::{Bulk, Scalar};

use crate::{Sweep, SweepError};

/// The bulk of the realisation that was asked for last.
#[derive(Debug)]
pub(crate) struct Bulks<T> {
    last: Mutex<Option<(u64, Arc<Bulk<T>>)>>,
}

impl<T> Default for Bulks<T> {
    fn default() -> Self {
        Self { last: Mutex::new(None) }
    }
}

impl<T: Scalar> Bulks<T> {
    /// The bulk of a realisation. Others wait while it is drawn, on all threads of the current rayon pool.
    pub(crate) fn of(&self, sweep: &Sweep, realisation: u64) -> Result<Arc<Bulk<T>>, SweepError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((held, bulk)) = last.as_ref()
            && *held == realisation
        {
            return Ok(Arc::clone(bulk));
        }
        // Let go of the old one first: two may be more than there is room for.
        *last = None;
        let bulk = Arc::new(draw(sweep, realisation)?);
        *last = Some((realisation, Arc::clone(&bulk)));
        Ok(bulk)
    }
}

/// A bulk that nobody shares.
pub(crate) fn draw<T: Scalar>(sweep: &Sweep, realisation: u64) -> Result<Bulk<T>, SweepError> {
    Ok(Bulk::draw(sweep.bulk, sweep.spec.network.neurons, sweep.spec.seed, realisation)?)
}
