//! Memory that programs may still take, as the system tells.

use std::path::Path;

/// Bytes that can be had without swapping: MemAvailable of /proc/meminfo, or what the limit of this process's control
/// group (a Slurm job's, a container's) leaves if that is less; none where the system does not tell (it is told on Linux
/// alone).
pub fn available_memory() -> Option<u64> {
    let of_machine = available(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
    Some(left_in_group().map_or(of_machine, |left| left.min(of_machine)))
}

/// What the limits of the control group (version 2) and of those around it leave.
fn left_in_group() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let of_group = Path::new("/sys/fs/cgroup").join(path);
    let inner = of_group.ancestors().take_while(|folder| folder.starts_with("/sys/fs/cgroup"));
    inner.filter_map(left_in).min()
}

/// memory.max less memory.current of one group; none without a limit.
fn left_in(group: &Path) -> Option<u64> {
    let number = |file: &str| std::fs::read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
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
    fn the_limit_of_a_group_counts_and_none_is_none() {
        let group = tempfile::tempdir().unwrap();
        assert_eq!(left_in(group.path()), None);
        std::fs::write(group.path().join("memory.current"), "300\n").unwrap();
        for (limit, left) in [("max\n", None), ("1000\n", Some(700)), ("200\n", Some(0))] {
            std::fs::write(group.path().join("memory.max"), limit).unwrap();
            assert_eq!(left_in(group.path()), left);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some() {
        assert!(available_memory().unwrap() > 1_000_000);
    }
}
