//! When an operator takes new work: days and hours in a time zone.

use jiff::{
    Timestamp,
    civil::{Time, Weekday},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, de::Error};

/// Times to take new work; always, where none is named.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// "UTC", an offset such as "+02:00", or a name such as "Europe/Berlin".
    zone: Zone,
    open: Vec<Open>,
}

/// A time zone.
#[derive(Clone, Debug, PartialEq)]
struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

/// A span of a day; one that ends before it begins goes on past midnight.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    /// The days that it begins on; each, where none is named.
    #[serde(default)]
    days: Vec<Day>,
    #[serde(deserialize_with = "time")]
    from: Time,
    /// Not any more at this minute; the same as `from` for a whole day.
    #[serde(deserialize_with = "time")]
    to: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Schedule {
    /// Whether new work is taken at this moment, unix seconds.
    pub fn is_open(&self, now: i64) -> bool {
        let Ok(now) = Timestamp::from_second(now) else { return false };
        let now = now.to_zoned(self.zone.0.clone());
        self.open.is_empty() || self.open.iter().any(|open| open.contains(now.weekday(), now.time()))
    }
}

impl Open {
    fn contains(&self, day: Weekday, time: Time) -> bool {
        let begins = |day: Weekday| self.days.is_empty() || self.days.iter().any(|open| open.weekday() == day);
        if self.from < self.to {
            return begins(day) && (self.from..self.to).contains(&time);
        }
        (begins(day) && time >= self.from) || (begins(day.previous()) && time < self.to)
    }
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format!("{name:?} is no time zone: expected UTC, +02:00 or Europe/Berlin"));
        let zone = match name.chars().next() {
            Some('+' | '-') => offset(&name).map(TimeZone::fixed),
            _ if name == "UTC" => Some(TimeZone::UTC),
            _ => TimeZone::get(&name).ok(),
        };
        zone.map(Self).ok_or_else(unknown)
    }
}

/// "+02:00".
fn offset(text: &str) -> Option<Offset> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = (hours <= 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)?;
    Offset::from_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

/// "08:30".
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.split_once(':').and_then(|(hour, minute)| {
        Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok() //
    });
    parsed.ok_or_else(|| D::Error::custom(format!("{text:?} is no time: expected 00:00 to 23:59")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 5 January 1970, 00:00 UTC.
    const MONDAY: i64 = 4 * 86_400;
    const HOUR: i64 = 3_600;

    fn open(text: &str, at: &[i64]) -> Vec<bool> {
        let schedule: Schedule = toml::from_str(text).unwrap();
        at.iter().map(|at| schedule.is_open(MONDAY + at)).collect()
    }

    #[test]
    fn days_and_hours_in_a_zone() {
        assert_eq!(open("", &[0, 99 * HOUR]), [true; 2]);
        let office = "open = [{ days = ['mon'], from = '08:00', to = '17:30' }]";
        let times = [8 * HOUR - 1, 8 * HOUR, 17 * HOUR + 1_799, 17 * HOUR + 1_800, 32 * HOUR];
        assert_eq!(open(office, &times), [false, true, true, false, false]);
        let east = format!("zone = '+02:00'\n{office}");
        assert_eq!(open(&east, &[6 * HOUR - 1, 6 * HOUR, 15 * HOUR + 1_800]), [false, true, false]);
    }

    #[test]
    fn a_night_belongs_to_the_day_it_begins_on() {
        let night = "open = [{ days = ['mon', 'sun'], from = '22:00', to = '06:00' }]";
        let times = [0, 5 * HOUR, 6 * HOUR, 21 * HOUR, 22 * HOUR, 29 * HOUR, 30 * HOUR, 46 * HOUR, -2 * HOUR];
        assert_eq!(open(night, &times), [true, true, false, false, true, true, false, false, true]);
        let whole = "open = [{ days = ['tue'], from = '00:00', to = '00:00' }]";
        assert_eq!(open(whole, &[23 * HOUR, 24 * HOUR, 47 * HOUR, 48 * HOUR]), [false, true, true, false]);
    }

    #[test]
    fn what_is_no_time_is_told() {
        let said = |text: &str| toml::from_str::<Schedule>(text).unwrap_err().to_string();
        assert!(said("zone = 'Berlin'").contains("\"Berlin\" is no time zone"));
        assert!(said("zone = '+99:00'").contains("is no time zone"));
        assert!(said("open = [{ from = '24:00', to = '06:00' }]").contains("\"24:00\" is no time"));
    }
}
