//! Memory that programs may still take, as the system tells.

/// Bytes that can be had without swapping: MemAvailable of /proc/meminfo; none where the system does not tell (it is
/// told on Linux alone).
pub fn available_memory() -> Option<u64> {
    available(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

/// Of the text of /proc/meminfo, which counts in 1024 bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_and_anything_else_is_unknown() {
        let text = "MemTotal:       25165824 kB\nMemFree:  1000 kB\nMemAvailable:   12345678 kB\nBuffers: 3 kB\n";
        assert_eq!(available(text), Some(12_345_678 * 1024));
        for bad in
            ["", "MemTotal: 5 kB", "MemAvailable: many kB", "MemAvailable: 5", "MemAvailable: 18446744073709551615 kB"]
        {
            assert_eq!(available(bad), None, "{bad}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some() {
        assert!(available_memory().unwrap() > 1_000_000);
    }
}
