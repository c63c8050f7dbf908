//! Figures of a run.

use std::{fs, time::Duration};

use serde_json::{Value, json};

/// The median and the slow end of times, in milliseconds.
pub fn percentiles(mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let at = |part: usize| times.get((times.len().saturating_mul(part) / 1_000).min(times.len().saturating_sub(1)));
    let ms = |part| at(part).map(|time| (time.as_secs_f64() * 1e6).round() / 1e3);
    json!({"count": times.len(), "p50_ms": ms(500), "p95_ms": ms(950), "p99_ms": ms(990)})
}

/// The most memory that this process ever held, in MiB; `None` where there is no /proc.
pub fn high_water_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1_024)
}

/// So many in that time, a second.
pub fn rate(count: u64, time: Duration) -> u64 {
    (count as f64 / time.as_secs_f64()) as u64
}

/// A ratio with two decimals.
pub fn ratio(a: f64, b: f64) -> f64 {
    (a / b * 100.0).round() / 100.0
}

/// How many processes wanted to run in the last minute, on average; `None` where there is no /proc. Above the number of
/// cores the machine is shared, and absolute figures are of what was left.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// How many cores there are.
pub fn cores() -> Option<usize> {
    std::thread::available_parallelism().ok().map(Into::into)
}
