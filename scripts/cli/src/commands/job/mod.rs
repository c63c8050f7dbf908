//! `job`: post jobs and follow them.

pub mod accept;
pub mod artifact;
pub mod cancel;
pub mod cases;
pub mod dispute;
pub mod estimate;
pub mod funds;
pub mod indexed;
pub mod list;
pub mod new;
pub mod post;
pub mod report;
pub mod results;
pub mod show;
pub mod spec_file;
pub mod status;
pub mod story;
pub mod strategy;
pub mod top_up;
pub mod validate;
pub mod watch;

use serde_json::Value;

/// A field of a reply as text: strings as they are, numbers in digits, anything else as nothing.
pub fn text<'a>(value: &'a Value, field: &str) -> std::borrow::Cow<'a, str> {
    match value.get(field) {
        Some(Value::String(text)) => text.as_str().into(),
        Some(Value::Number(number)) => number.to_string().into(),
        _ => "".into(),
    }
}

/// A field of a reply that is a number, in digits or not.
pub fn number(value: &Value, field: &str) -> u64 {
    text(value, field).parse().unwrap_or(0)
}

/// The list in a field of a reply.
pub fn list_of<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
