//! The figures as tables for people.

use comfy_table::{CellAlignment, Table, presets};

use crate::{Row, Sweep};

/// A measure of a market, and how it is written.
pub struct Measure {
    pub title: &'static str,
    pub of: fn(&Row) -> String,
}

fn percent(value: f64) -> String {
    let value = 100.0 * value;
    if value == 0.0 || value.abs() >= 9.995 { format!("{value:.1}") } else { format!("{value:.2}") }
}

/// What is printed, in order.
pub const MEASURES: [Measure; 6] = [
    Measure { title: "Fraud accepted, % of jobs", of: |row| percent(row.fraud) },
    Measure { title: "Work computed again, % of a job", of: |row| percent(row.overhead) },
    Measure { title: "Loss of the honest for each job, % of a seat's price", of: |row| percent(row.honest_loss) },
    Measure {
        title: "Returned to requesters and watchers for each job, % of a seat's price",
        of: |row| percent(row.compensated),
    },
    Measure { title: "Adversary's profit for each of its seats, % of the price", of: |row| percent(row.profit) },
    Measure {
        title: "What a fraud must be worth for cheating to pay, in prices of a seat",
        of: |row| row.worth.map_or_else(|| "-".into(), |worth| format!("{worth:.1}")),
    },
];

/// All measures: a line for each strategy, a column for each share, or for each policy where there is but one share.
pub fn tables(sweep: &Sweep, rows: &[Row]) -> String {
    let mut text = format!("seed {}, {} jobs in each market\n", sweep.seed, sweep.jobs);
    let mut shares: Vec<u8> = rows.iter().map(|row| row.cell.share).collect();
    shares.dedup();
    let several = rows.iter().any(|row| row.cell.policy != rows[0].cell.policy);
    if several && rows.iter().all(|row| row.cell.share == rows[0].cell.share) {
        let title = format!("adversary of {} %", rows[0].cell.share);
        text += &matrices(&title, &rows.iter().collect::<Vec<_>>(), |row| row.cell.policy.to_string());
        return text;
    }
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|row| row.cell.policy == first.cell.policy).count();
        let (these, others) = rest.split_at(same);
        let title = format!("{} adversary", first.cell.policy);
        text += &matrices(&title, &these.iter().collect::<Vec<_>>(), |row| format!("{} %", row.cell.share));
        rest = others;
    }
    text
}

fn matrices(title: &str, rows: &[&Row], column: fn(&Row) -> String) -> String {
    MEASURES
        .iter()
        .map(|measure| format!("\n{} ({title})\n{}\n", measure.title, matrix(measure, rows, column)))
        .collect()
}

fn matrix(measure: &Measure, rows: &[&Row], column: fn(&Row) -> String) -> Table {
    let unique = |of: &dyn Fn(&Row) -> String| {
        let mut names: Vec<String> = Vec::new();
        for name in rows.iter().map(|row| of(row)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let (strategies, columns) = (unique(&|row| row.cell.strategy.to_string()), unique(&column));
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    table.set_header([vec!["strategy".to_string()], columns.clone()].concat());
    for strategy in strategies {
        let mut line = vec![strategy.clone()];
        for name in &columns {
            let found = rows.iter().find(|row| row.cell.strategy.to_string() == strategy && column(row) == *name);
            line.push(found.map(|row| (measure.of)(row)).unwrap_or_default());
        }
        table.add_row(line);
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}
