//! What the process takes of its machine, as Linux tells it (proc(5)); nothing elsewhere.

use std::fs;

/// What the process takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Resident memory, in bytes.
    pub resident: f64,
    /// Processor time, in seconds.
    pub cpu: f64,
    /// Open file descriptors.
    pub descriptors: usize,
}

/// Now.
pub fn usage() -> Option<Usage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let descriptors = fs::read_dir("/proc/self/fd").ok()?.count();
    let (resident, cpu) = read(&stat)?;
    // One of them is the folder that was just read.
    let descriptors = descriptors.saturating_sub(1);
    Some(Usage {
        resident: resident * f64::from(page()?),
        cpu: cpu / ticks()?,
        descriptors,
    })
}

/// Pages and ticks, from `/proc/self/stat`: what stands behind the command's name, which may hold anything.
fn read(stat: &str) -> Option<(f64, f64)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // Numbered from 3 on, in proc(5): 14 utime, 15 stime, 24 rss.
    let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((number(24)?, number(14)? + number(15)?))
}

/// The open file descriptors that the system allows.
#[cfg(target_os = "linux")]
pub fn most_descriptors() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Nobody knows.
#[cfg(not(target_os = "linux"))]
pub fn most_descriptors() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
fn page() -> Option<u32> {
    u32::try_from(rustix::param::page_size()).ok()
}

#[cfg(target_os = "linux")]
fn ticks() -> Option<f64> {
    u32::try_from(rustix::param::clock_ticks_per_second())
        .ok()
        .map(f64::from)
}

#[cfg(not(target_os = "linux"))]
fn page() -> Option<u32> {
    None
}

#[cfg(not(target_os = "linux"))]
fn ticks() -> Option<f64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_numbers() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 130 70 0 0 20 0 9 0 555 1000 777 184";
        assert_eq!(read(stat), Some((777.0, 200.0)));
        assert_eq!(read("42 (a) S 1"), None);
    }
}
