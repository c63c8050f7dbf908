//! What a query asks for: parameters to checked values.

use std::{collections::BTreeMap, time::UNIX_EPOCH};

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::resource::{Filter, Kind, Resource, Sort};
use crate::serve::{problem::Problem, reply::is_address};

const DEFAULT_LIMIT: u32 = 50;
/// Most items of a page.
pub const MAX_LIMIT: u32 = 100;
/// Most fields of a selection, and most bytes of one.
pub const MAX_FIELDS: usize = 50;
const MAX_FIELD: usize = 100;

/// A checked query of a list.
#[derive(Debug)]
pub struct Asked {
    /// The filters that are set, with their values.
    pub filters: Vec<(&'static Filter, String)>,
    /// The order.
    pub sort: &'static Sort,
    /// The greatest first.
    pub descending: bool,
    /// Most items.
    pub limit: u32,
    /// Where the page begins: after this sort value and key.
    pub after: Option<(String, String)>,
    /// What all lists and lookups may be asked for.
    pub common: Common,
    /// Says which query it is, but for limit, cursor, fields and min_slot.
    fingerprint: String,
}

/// What all lists and lookups may be asked for.
#[derive(Debug, Default)]
pub struct Common {
    /// The fields that are wanted; all if none is named.
    pub fields: Option<String>,
    /// The slot that the tables must have reached.
    pub min_slot: Option<u64>,
}

/// Parameters as they came.
pub type Pairs = Vec<(String, String)>;

fn take(pairs: Pairs) -> Result<BTreeMap<String, String>, Problem> {
    let mut map = BTreeMap::new();
    for (name, value) in pairs {
        if map.insert(name.clone(), value).is_some() {
            return Err(Problem::coded(StatusCode::BAD_REQUEST, "parameter_twice", format!("{name} is given twice")));
        }
    }
    Ok(map)
}

/// What is left is nothing that we know.
fn nothing_left(map: &BTreeMap<String, String>, known: impl Iterator<Item = &'static str>) -> Result<(), Problem> {
    let Some(name) = map.keys().next() else { return Ok(()) };
    let known: Vec<_> = known.collect();
    let detail = format!("there is no parameter {name:?} here; there are {}", known.join(", "));
    Err(Problem::coded(StatusCode::BAD_REQUEST, "unknown_parameter", detail))
}

impl Common {
    fn read(map: &mut BTreeMap<String, String>, names: &[String]) -> Result<Self, Problem> {
        let fields = map.remove("fields").map(|text| fields(&text, names).map(|()| text)).transpose()?;
        let min_slot = map.remove("min_slot").map(|text| check("min_slot", Kind::Amount, &text)).transpose()?;
        Ok(Self { fields, min_slot: min_slot.and_then(|text| text.parse().ok()) })
    }

    /// Of a lookup, whose item has these fields (none: they are not known).
    pub fn of_lookup(pairs: Pairs, names: &[String]) -> Result<Self, Problem> {
        let mut map = take(pairs)?;
        let common = Self::read(&mut map, names)?;
        nothing_left(&map, ["fields", "min_slot"].into_iter())?;
        Ok(common)
    }
}

/// Parameters that are none of a list: by name, and `min_slot`.
pub fn plain(pairs: Pairs, filters: &[Filter]) -> Result<(BTreeMap<String, String>, Common), Problem> {
    let mut map = take(pairs)?;
    let min_slot = map.remove("min_slot").map(|text| check("min_slot", Kind::Amount, &text)).transpose()?;
    let (known, unknown) = map.into_iter().partition(|(name, _)| filters.iter().any(|filter| filter.name == name));
    nothing_left(&unknown, filters.iter().map(|filter| filter.name).chain(["min_slot"]))?;
    Ok((known, Common { fields: None, min_slot: min_slot.and_then(|text| text.parse().ok()) }))
}

impl Asked {
    /// Reads and checks the parameters of a list whose items have these fields; `within` is what the path says.
    pub fn read(
        resource: &'static Resource,
        names: &[String],
        pairs: Pairs,
        within: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut map = take(pairs)?;
        let mut filters = vec![];
        if let Some((filter, value)) = resource.within.as_ref().zip(within) {
            filters.push((filter, check(filter.name, filter.kind, value)?));
        }
        for filter in resource.filters {
            if let Some(value) = map.remove(filter.name) {
                filters.push((filter, check(filter.name, filter.kind, &value)?));
            }
        }
        let order = map.remove("sort").unwrap_or_else(|| resource.default_sort.to_owned());
        let (descending, name) = order.strip_prefix('-').map_or((false, order.as_str()), |name| (true, name));
        let sort = resource.sort(name).ok_or_else(|| {
            let names: Vec<_> = resource.sorts.iter().map(|sort| sort.name).collect();
            Problem::bad(format!("sort must be one of {}, with or without - before it", names.join(", ")))
        })?;
        let limit = map.remove("limit").map(|text| text.parse::<u32>()).transpose();
        let limit = limit.ok().map(|limit| limit.unwrap_or(DEFAULT_LIMIT)).filter(|n| (1..=MAX_LIMIT).contains(n));
        let limit = limit.ok_or_else(|| Problem::bad(format!("limit must be 1 to {MAX_LIMIT}")))?;
        let cursor = map.remove("cursor");
        let common = Common::read(&mut map, names)?;
        let paging = ["sort", "limit", "cursor", "fields", "min_slot"];
        nothing_left(&map, resource.filters.iter().map(|filter| filter.name).chain(paging))?;
        let fingerprint = fingerprint(resource, &order, &filters);
        let mut asked = Self { filters, sort, descending, limit, after: None, common, fingerprint };
        asked.after = cursor.map(|cursor| asked.open(resource, &cursor)).transpose()?;
        Ok(asked)
    }

    /// The cursor of the page that begins after this sort value and key.
    pub fn cursor(&self, value: &str, key: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{value}:{key}", self.fingerprint))
    }

    fn open(&self, resource: &Resource, cursor: &str) -> Result<(String, String), Problem> {
        let code = |code, detail| Problem::coded(StatusCode::BAD_REQUEST, code, detail);
        let bad = || code("bad_cursor", "cursor is none of ours; start without one");
        let text =
            URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
        let (fingerprint, rest) = text.split_once(':').ok_or_else(bad)?;
        let (value, key) = rest.split_once(':').ok_or_else(bad)?;
        if fingerprint != self.fingerprint {
            let detail = "the cursor is of a query with another path, order or filter; start without one";
            return Err(code("cursor_of_another_query", detail));
        }
        if !is_value(self.sort.cast, value) || !is_value(resource.key.1, key) {
            return Err(bad());
        }
        Ok((value.to_owned(), key.to_owned()))
    }
}

fn is_value(cast: &str, text: &str) -> bool {
    match cast {
        "text" => is_address(text),
        "bigint" | "int" => text.parse::<i64>().is_ok(),
        _ => (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn fingerprint(resource: &Resource, order: &str, filters: &[(&'static Filter, String)]) -> String {
    let mut hash = Sha256::new();
    for part in [resource.path, order] {
        hash.update(part);
        hash.update([0]);
    }
    for (filter, value) in filters {
        hash.update(filter.name);
        hash.update([1]);
        hash.update(value);
        hash.update([0]);
    }
    hex::encode(hash.finalize().get(..6).unwrap_or_default())
}

/// The value as the database is asked for it, or what is wrong with it.
pub fn check(name: &str, kind: Kind, text: &str) -> Result<String, Problem> {
    let bad = |what: String| Err(Problem::bad(format!("{name} {what}")));
    match kind {
        Kind::Address if is_address(text) => Ok(text.to_owned()),
        Kind::Address => bad("is not a base58 address".into()),
        Kind::OneOf(words) if words.contains(&text) => Ok(text.to_owned()),
        Kind::OneOf(words) => bad(format!("must be one of {}", words.join(", "))),
        Kind::Amount => whole(text, u64::MAX).map_or_else(|| bad("is not a whole number of 64 bits".into()), Ok),
        Kind::Small(most) => whole(text, most.into()).map_or_else(|| bad(format!("must be 0 to {most}")), Ok),
        Kind::Time => seconds(text).map_or_else(
            || bad("is neither unix seconds nor a time like 2026-01-31T12:00:00Z".into()),
            |seconds| Ok(seconds.to_string()),
        ),
        Kind::Flag if matches!(text, "true" | "false") => Ok(text.to_owned()),
        Kind::Flag => bad("must be true or false".into()),
        Kind::Hex(bytes) => {
            let fits = text.len() == bytes * 2 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if fits { Ok(text.to_owned()) } else { bad(format!("is not {bytes} bytes in lower hex")) }
        }
        Kind::Text(least, most) => {
            let fits = (least..=most).contains(&text.chars().count()) && !text.contains('\0');
            if fits { Ok(text.to_owned()) } else { bad(format!("must have {least} to {most} characters")) }
        }
        Kind::Word => {
            let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
            if fits { Ok(text.to_owned()) } else { bad("must be 1 to 64 letters and digits".into()) }
        }
    }
}

fn whole(text: &str, most: u64) -> Option<String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse::<u64>().ok().filter(|number| digits && *number <= most).map(|number| number.to_string())
}

/// Unix seconds of either form, from 1970 to the year 9999.
pub fn seconds(text: &str) -> Option<u64> {
    let given = match whole(text, u64::MAX) {
        Some(digits) => digits.parse().ok()?,
        None => humantime::parse_rfc3339(text).ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs(),
    };
    (given <= 253_402_300_799).then_some(given)
}

/// Whether these are fields: the first part of each is one that items have, if that is known; parts below it that are
/// not there are left out of the reply.
fn fields(text: &str, names: &[String]) -> Result<(), Problem> {
    let unknown = |detail: String| Err(Problem::coded(StatusCode::BAD_REQUEST, "unknown_field", detail));
    let all: Vec<&str> = text.split(',').collect();
    if all.len() > MAX_FIELDS {
        return unknown(format!("fields names more than {MAX_FIELDS}"));
    }
    for field in all {
        let sound = field.len() <= MAX_FIELD
            && field
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let first = field.split('.').next().unwrap_or_default();
        if !sound || !(names.is_empty() || names.iter().any(|name| name == first)) {
            return unknown(format!("there is no field {field:?}; there are {}", names.join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::catalog, *};

    const A: &str = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";

    fn jobs(query: &[(&str, &str)]) -> Result<Asked, Problem> {
        let pairs = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Asked::read(catalog::resource("/v1/jobs").unwrap(), &["a".into(), "b".into()], pairs, None)
    }

    #[test]
    fn cursors_come_back_and_foreign_ones_do_not() {
        let asked = jobs(&[("class", "3")]).unwrap();
        let cursor = asked.cursor("-5", A);
        let again = jobs(&[("class", "3"), ("limit", "7"), ("cursor", &cursor)]).unwrap();
        assert_eq!(again.after, Some(("-5".into(), A.into())));
        for other in [&[("class", "4")][..], &[("class", "3"), ("sort", "price")], &[]] {
            let query: Vec<_> = other.iter().copied().chain([("cursor", cursor.as_str())]).collect();
            let why = format!("{:?}", jobs(&query).unwrap_err());
            assert!(why.contains("cursor_of_another_query"), "{other:?}: {why}");
        }
        let bad = ["", "%%%", "AAAA", &asked.cursor("x", A), &asked.cursor("1", "0OIl")].map(str::to_owned);
        for bad in bad {
            let why = format!("{:?}", jobs(&[("class", "3"), ("cursor", &bad)]).unwrap_err());
            assert!(why.contains("bad_cursor"), "{bad}: {why}");
        }
    }

    #[test]
    fn values_are_checked() {
        let good = [
            (Kind::Amount, "18446744073709551615", "18446744073709551615"),
            (Kind::Amount, "007", "7"),
            (Kind::Time, "1700000000", "1700000000"),
            (Kind::Time, "2023-11-14T22:13:20Z", "1700000000"),
            (Kind::Small(5), "5", "5"),
            (Kind::Hex(2), "00ff", "00ff"),
        ];
        for (kind, text, value) in good {
            assert_eq!(check("x", kind, text).unwrap(), value);
        }
        let bad = [
            (Kind::Amount, "18446744073709551616"),
            (Kind::Amount, "+1"),
            (Kind::Time, "253402300800"),
            (Kind::Time, "1969-01-01T00:00:00Z"),
            (Kind::Small(5), "6"),
            (Kind::Hex(2), "00FF"),
            (Kind::Flag, "yes"),
            (Kind::Word, "a'b"),
        ];
        for (kind, text) in bad {
            assert!(check("x", kind, text).is_err(), "{kind:?} {text}");
        }
    }

    #[test]
    fn fields_and_limits() {
        for good in ["a", "a,b.c", "b.c.d"] {
            assert_eq!(jobs(&[("fields", good)]).unwrap().common.fields.unwrap(), good);
        }
        for bad in ["", "c", "a,", "a.", "a.'", "a b"] {
            assert!(jobs(&[("fields", bad)]).is_err(), "{bad}");
        }
        assert_eq!((jobs(&[]).unwrap().limit, jobs(&[("limit", "100")]).unwrap().limit), (50, 100));
        assert!(jobs(&[("limit", "0")]).is_err() && jobs(&[("limit", "101")]).is_err());
        assert!(jobs(&[("limit", "1"), ("limit", "1")]).is_err() && jobs(&[("colour", "red")]).is_err());
    }
}
