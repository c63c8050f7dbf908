//! `Range` headers (RFC 9110, section 14): one range of bytes; whoever asks for several gets all, which is allowed.

use std::ops::Range;

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it.
    All,
    /// These bytes, at least one.
    Part(Range<u64>),
    /// None that there are: 416.
    None,
}

/// Reads the header, for `size` bytes. What is no range of bytes is not looked at, as the RFC says.
pub fn asked(header: Option<&str>, size: u64) -> Asked {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Asked::All };
    let Some((first, last)) = spec.split_once('-').map(|(first, last)| (first.trim(), last.trim())) else {
        return Asked::All;
    };
    match (number(first), number(last)) {
        (None, Some(count)) if first.is_empty() => part(size.saturating_sub(count), size),
        (Some(first), None) if last.is_empty() => part(first, size),
        (Some(first), Some(last)) if first <= last => part(first, size.min(last.saturating_add(1))),
        _ => Asked::All,
    }
}

fn part(start: u64, end: u64) -> Asked {
    if start < end { Asked::Part(start..end) } else { Asked::None }
}

/// Digits alone: `parse` would take a sign too. What is larger than any blob is as good as the largest number.
fn number(digits: &str) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let table = [
            ("bytes=0-0", 10, Asked::Part(0..1)),
            ("bytes=0-", 10, Asked::Part(0..10)),
            ("bytes=3-5", 10, Asked::Part(3..6)),
            ("bytes=9-99", 10, Asked::Part(9..10)),
            ("bytes=-4", 10, Asked::Part(6..10)),
            ("bytes=-40", 10, Asked::Part(0..10)),
            ("bytes=0-18446744073709551615", 10, Asked::Part(0..10)),
            ("bytes=0-99999999999999999999999", 10, Asked::Part(0..10)),
            ("bytes=10-", 10, Asked::None),
            ("bytes=10-12", 10, Asked::None),
            ("bytes=-0", 10, Asked::None),
            ("bytes=0-", 0, Asked::None),
            ("bytes=5-3", 10, Asked::All),
            ("bytes=-", 10, Asked::All),
            ("bytes=a-b", 10, Asked::All),
            ("bytes=+1-2", 10, Asked::All),
            ("bytes=0-1,3-4", 10, Asked::All),
            ("lines=0-1", 10, Asked::All),
            ("", 10, Asked::All),
        ];
        for (header, size, expected) in table {
            assert_eq!(asked(Some(header), size), expected, "{header} of {size}");
        }
        assert_eq!(asked(None, 10), Asked::All);
    }
}
