//! Clocks and counters.

use std::time::{Duration, Instant};

/// A number of the environment, or what is usual.
pub fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What the processor spent on this thread. The kernel brings it up to date some hundred times a second: what is measured
/// must take longer.
pub fn on_processor() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel tells of its scheduling");
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Processor's and clock's time of some work, and what it gave.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, Duration, T) {
    let (processor, clock) = (on_processor(), Instant::now());
    let given = work();
    (on_processor() - processor, clock.elapsed(), given)
}

/// The least of several tries, of the processor's time: what disturbs only adds.
pub fn best(tries: u32, mut work: impl FnMut()) -> Duration {
    (0..tries).map(|_| timed(&mut work).0).min().unwrap()
}

/// What of this process is in memory now, in KiB.
pub fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// Three digits after the point.
pub fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

pub fn ms(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0)
}
