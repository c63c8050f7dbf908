//! The strategies that are compared.

use clap::ValueEnum;
use serde::Serialize;

/// How a job's result is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// 2 of 3, and nothing else: no stake, no reputation, no second stage.
    #[value(name = "plain-3")]
    #[serde(rename = "plain-3")]
    Plain3,
    /// 3 of 5, and nothing else.
    #[value(name = "plain-5")]
    #[serde(rename = "plain-5")]
    Plain5,
    /// 4 of 7, and nothing else.
    #[value(name = "plain-7")]
    #[serde(rename = "plain-7")]
    Plain7,
    /// 2 of 3 by sortition with slashing, widened to 3 of 5 and 4 of 7 where there is no quorum, then a jury.
    Replicated,
    /// One operator, re-checked by two more as seldom as it deserves; then as replicated.
    Adaptive,
    /// Replicated, where some jobs have a known answer.
    ReplicatedCanaries,
    /// Adaptive, where some jobs have a known answer.
    AdaptiveCanaries,
    /// One operator; a drawn committee computes some drawn units again.
    Sampled,
    /// One operator; who finds it wrong may challenge it before a jury.
    Optimistic,
    /// One operator; the requester may refuse the result before a jury.
    Accepted,
}

/// Terms of a strategy that is judged by a round of seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub replicas: u8,
    pub quorum: u8,
    pub most: u8,
    /// Begins with one seat.
    pub adaptive: bool,
    /// Stake, reputation and widening: all but a plain quorum.
    pub secured: bool,
    /// Whether some of the jobs are canaries.
    pub canaries: bool,
}

impl Strategy {
    /// Seats and quorum; `None` for those that have no round of equal seats.
    pub fn terms(self) -> Option<Terms> {
        let plain = |replicas: u8| {
            let quorum = replicas / 2 + 1;
            Terms { replicas, quorum, most: replicas, adaptive: false, secured: false, canaries: false }
        };
        let secured = |adaptive, canaries| Terms { most: 7, adaptive, secured: true, canaries, ..plain(3) };
        match self {
            Strategy::Plain3 => Some(plain(3)),
            Strategy::Plain5 => Some(plain(5)),
            Strategy::Plain7 => Some(plain(7)),
            Strategy::Replicated => Some(secured(false, false)),
            Strategy::Adaptive => Some(secured(true, false)),
            Strategy::ReplicatedCanaries => Some(secured(false, true)),
            Strategy::AdaptiveCanaries => Some(secured(true, true)),
            Strategy::Sampled | Strategy::Optimistic | Strategy::Accepted => None,
        }
    }
}

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.pad(value.get_name()))
    }
}
