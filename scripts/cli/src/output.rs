//! Where words and data go: data to standard output, talk to standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::{args::Format, error::Result};

/// Writes results in the format that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    format: Format,
}

impl Output {
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Writes a result: `document` for programs, `display` for people.
    pub fn data(&self, document: &impl Serialize, display: impl FnOnce() -> String) -> Result<()> {
        let text = match self.format {
            Format::Display => display(),
            Format::Json => serde_json::to_string_pretty(document)?,
            Format::JsonCompact => serde_json::to_string(document)?,
        };
        let lines: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
        match writeln!(io::stdout(), "{}", lines.join("\n")) {
            // Whoever read us has read enough.
            Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Says something that is not data.
    pub fn talk(&self, text: impl std::fmt::Display) {
        eprintln!("{text}");
    }

    /// Whether progress may be drawn.
    pub fn draws(&self) -> bool {
        io::stderr().is_terminal()
    }
}

/// A table with these headings.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(headings);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// Lines of names and values, the values one under the other. Empty values are left out.
pub fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let shown = facts.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{name:<width$}  {value}\n")).collect()
}

/// An address cut short for tables.
pub fn short(address: &str) -> String {
    match (address.get(..4), address.get(address.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if address.len() > 12 => format!("{head}…{tail}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_line_up_and_skip_what_is_empty() {
        let text = facts(&[("job", "A".into()), ("signature", "B".into()), ("nothing", String::new())]);
        assert_eq!(text, "job        A\nsignature  B\n");
    }

    #[test]
    fn addresses_are_cut() {
        assert_eq!(short("8APT3zPWiCaQjqop14UzJYMSCN5bFiqhL29Y31JrWFfe"), "8APT…WFfe");
        assert_eq!(short("ASY"), "ASY");
    }
}
