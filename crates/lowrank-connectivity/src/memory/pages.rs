//! A hint to the system to use large pages: a bulk is touched once a page when drawn, and a fault for every 4 KiB takes
//! as long as drawing the 512 numbers in them (2.4 us on a virtual machine, measured). Contents do not depend on it.
#![allow(unsafe_code, reason = "there is no safe call; the hint changes no byte, which a test holds")]

/// Less than a few large pages (2 MiB on most machines) is not worth a call.
#[cfg(target_os = "linux")]
const SMALLEST: usize = 8 << 20;

/// Asks for large pages under `memory`, which should not have been touched yet. Nothing happens if there are none.
#[cfg(target_os = "linux")]
pub(super) fn prefer_large<E: Copy>(memory: &mut [E]) {
    // Whole pages inside; no page is larger than this and smaller than a large one.
    const PAGE: usize = 1 << 16;
    let range = memory.as_mut_ptr_range();
    let start = range.start.addr().next_multiple_of(PAGE);
    let length = range.end.addr().saturating_sub(start) / PAGE * PAGE;
    if length >= SMALLEST {
        let skipped = start - range.start.addr();
        // SAFETY: the pages lie within `memory`, which is borrowed exclusively; MADV_HUGEPAGE keeps what they hold.
        // Whatever it returns, they stay valid.
        unsafe { libc::madvise(range.start.byte_add(skipped).cast(), length, libc::MADV_HUGEPAGE) };
    }
}

/// There is no such hint on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn prefer_large<E: Copy>(_: &mut [E]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_stay_whatever_the_length() {
        for length in [0, 1, 4095, 3 << 20, (3 << 20) + 7] {
            let expected: Vec<u64> = (0..length as u64).collect();
            let mut memory = expected.clone();
            prefer_large(&mut memory);
            prefer_large(memory.get_mut(1..).unwrap_or(&mut []));
            assert_eq!(memory, expected);
        }
    }
}
