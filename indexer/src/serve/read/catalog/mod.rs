//! All lists of accounts and events.

mod events;
mod governance;
mod market;
mod stake;
mod verdict;

use super::resource::{Filter, Kind, Resource, Sort};

/// Every list.
pub static ALL: [&Resource; 24] = [
    &market::JOBS,
    &market::BIDS,
    &market::SEATS,
    &market::DEVICES,
    &market::MODELS,
    &market::MINTS,
    &stake::OPERATORS,
    &stake::POSITIONS,
    &stake::TICKETS,
    &stake::REPUTATION,
    &verdict::ROUNDS,
    &verdict::CASES,
    &verdict::BALLOTS,
    &verdict::ATTESTORS,
    &verdict::KEYS,
    &verdict::CANARIES,
    &governance::PROPOSALS,
    &governance::VOTES,
    &governance::DISTRIBUTIONS,
    &events::EVENTS,
    &events::HISTORY,
    &events::TRANSFERS,
    &events::RESERVE_LOG,
    &governance::MINTERS,
];

/// The list of that path.
#[cfg(test)]
pub fn resource(path: &str) -> Option<&'static Resource> {
    ALL.into_iter().find(|resource| resource.path == path)
}

const fn filter(name: &'static str, kind: Kind, sql: &'static str, text: &'static str) -> Filter {
    Filter { name, kind, sql, text }
}

const fn sort(name: &'static str, cast: &'static str, sql: &'static str) -> Sort {
    Sort { name, sql, cast }
}
