//! What a draw needs is known beforehand, and refused if it cannot be had.

mod pages;

use crate::ConnectivityError;

/// Part of the available memory that may be filled: states, stages of the integrator and other programs need the rest.
const USABLE: f64 = 0.9;

/// Whether `needed` bytes fit into nine tenths of the `available` ones, which the caller knows: no system is asked here.
///
/// # Errors
/// If they do not.
pub fn check_memory(needed: u64, available: u64) -> Result<(), ConnectivityError> {
    if needed as f64 <= USABLE * available as f64 {
        return Ok(());
    }
    Err(ConnectivityError::NotEnoughMemory { needed: needed as f64 * 1e-9, available: available as f64 * 1e-9 })
}

/// `count` zeros for a bulk of `n` neurons, zeroed by the system page by page as threads first touch them; pages are
/// large where they can be.
///
/// # Errors
/// A count of none, which stands for overflow, or one for which there is no room.
pub(crate) fn zeroed<E: Copy + Default>(n: usize, count: Option<usize>) -> Result<Vec<E>, ConnectivityError> {
    let room = |count: &usize| Vec::<E>::new().try_reserve_exact(*count).is_ok();
    match count.filter(room) {
        Some(count) => {
            let mut zeros = vec![E::default(); count];
            pages::prefer_large(&mut zeros);
            Ok(zeros)
        }
        None => Err(ConnectivityError::TooManyNeurons {
            n,
            gigabytes: count.map_or(f64::INFINITY, |count| (count as f64) * size_of::<E>() as f64 * 1e-9),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_in_one_line() {
        assert_eq!(check_memory(9_000_000_000, 10_000_000_000), Ok(()));
        let message = check_memory(80_000_000_000, 24_000_000_000).unwrap_err().to_string();
        for part in ["80.0 GB", "24.0 GB", "smaller N", "sign"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(!message.contains('\n'));
        assert!(check_memory(1, 0).is_err() && check_memory(u64::MAX, u64::MAX - 1).is_err());
    }

    #[test]
    fn room_that_cannot_be_had_is_a_typed_error() {
        assert_eq!(zeroed::<u8>(2, Some(4)), Ok(vec![0; 4]));
        let error = zeroed::<f64>(9, Some(usize::MAX / 2)).unwrap_err();
        assert!(matches!(error, ConnectivityError::TooManyNeurons { n: 9, .. }), "{error}");
        assert!(zeroed::<f64>(9, None).is_err());
    }
}
