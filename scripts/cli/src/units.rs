//! Sets of units, as people write them: `0-3,7`.

use std::{ops::RangeInclusive, str::FromStr};

/// Numbers and ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units(Vec<RangeInclusive<u64>>);

impl FromStr for Units {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("write units as numbers and ranges, such as 0-3,7, not {text:?}");
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| bad());
        let part = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = number(first)?..=number(last)?;
            if range.is_empty() { Err(bad()) } else { Ok(range) }
        };
        text.split(',').map(part).collect::<Result<_, _>>().map(Self)
    }
}

impl Units {
    /// They, in the order given and each once, of a job that has so many; at most so many of them.
    ///
    /// # Errors
    /// One that the job has not, or that they are too many, in words.
    pub fn of(&self, units: u64, most: u64) -> Result<Vec<u64>, String> {
        let (mut all, mut room) = (vec![], most);
        for range in &self.0 {
            if *range.end() >= units {
                return Err(format!("there is no unit {}: the job has {units}, counted from 0", range.end()));
            }
            let count = range.end() - range.start() + 1;
            room = room.checked_sub(count).ok_or_else(|| format!("these are more than {most} units: name fewer"))?;
            all.extend(range.clone().filter(|unit| !self.is_before(range, *unit)));
        }
        Ok(all)
    }

    /// Whether a unit is in a range before this one.
    fn is_before(&self, range: &RangeInclusive<u64>, unit: u64) -> bool {
        self.0.iter().take_while(|other| !std::ptr::eq(*other, range)).any(|other| other.contains(&unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        let of = |text: &str| text.parse::<Units>().unwrap().of(10, 10).unwrap();
        assert_eq!(of("0"), [0]);
        assert_eq!(of("0-3,7"), [0, 1, 2, 3, 7]);
        assert_eq!(of("8-9, 2,1-3,9"), [8, 9, 2, 1, 3], "each once");
        for text in ["", "-", "3-1", "a", "1-", "-1", "1,,2", "1.5"] {
            assert!(text.parse::<Units>().unwrap_err().contains("such as 0-3,7"), "{text}");
        }
        let error = "0-10".parse::<Units>().unwrap().of(10, 99).unwrap_err();
        let many = "0-9".parse::<Units>().unwrap().of(10, 9).unwrap_err();
        assert_eq!(many, "these are more than 9 units: name fewer");
        assert_eq!(error, "there is no unit 10: the job has 10, counted from 0");
    }
}
