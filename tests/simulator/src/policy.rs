//! What actors do with a seat. Everyone sees what the chain shows (who is seated, what was revealed), and no more.

use clap::ValueEnum;
use serde::Serialize;

/// An adversary's way. The rest of the market is honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Computes, seals, reveals.
    #[value(skip)]
    Honest,
    /// Computes nothing and makes something up.
    Lazy,
    /// All its seats name one wrong result, always, and vouch for each other.
    Colluding,
    /// Colludes, but only where its seats are enough to win; elsewhere it is honest.
    Cartel,
    /// Honest until it is trusted; then it colludes, but for where it only re-checks others.
    Farming,
    /// Takes seats and vanishes.
    Ghosting,
    /// Seals what is wrong or withholds what it sealed; challenges what is right.
    Griefing,
    /// Computes nothing and copies what others have revealed, where something is.
    Copying,
    /// A cartel that also posts the jobs, to be paid its part of what honest dissenters lose.
    Preying,
    /// All of the above but preying in equal parts.
    Mixed,
}

impl Policy {
    /// The ways of a mixed adversary.
    pub const PARTS: [Policy; 7] = [
        Policy::Lazy,
        Policy::Colluding,
        Policy::Cartel,
        Policy::Farming,
        Policy::Ghosting,
        Policy::Griefing,
        Policy::Copying,
    ];

    /// Whether its members know each other and share one wrong result.
    pub fn in_ring(self) -> bool {
        matches!(self, Policy::Colluding | Policy::Cartel | Policy::Farming | Policy::Preying)
    }

    /// The policy of the adversary's member number `index`.
    pub fn of_member(self, index: usize) -> Policy {
        match self {
            Policy::Mixed => Policy::PARTS[index % Policy::PARTS.len()],
            policy => policy,
        }
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.pad(value.get_name()))
    }
}

/// What becomes of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Computes and says so.
    Right,
    /// The ring's wrong result.
    Wrong,
    /// A wrong result that nobody else has.
    Guess,
    /// Seals and does not reveal.
    Withhold,
    /// The result that was revealed first.
    Copy,
    /// Seals nothing.
    Vanish,
}

impl Act {
    /// Whether the work was done.
    pub fn computed(self) -> bool {
        self == Act::Right
    }
}

/// What an actor sees when it must seal.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// Its own results in a row that were found valid.
    pub run: u32,
    /// Seats of this job that the ring may still bring to the wrong result, its own among them.
    pub ring: usize,
    /// Seats that win.
    pub quorum: usize,
    /// Whether somebody of the ring has sealed the wrong result already.
    pub wrong_is_out: bool,
    /// Whether the seat may yet be re-checked by seats that are not drawn.
    pub blind: bool,
    /// Whether the seat re-checks one that has sealed.
    pub recheck: bool,
    /// Whether results of an earlier stage are public.
    pub revealed: bool,
}

impl Policy {
    /// What it does with a seat. `coin`: fair.
    pub fn act(self, view: &View, coin: bool) -> Act {
        // From twenty valid results in a row on, re-checks are as rare as they get.
        const TRUSTED: u32 = 20;
        let may_win = !view.blind && view.ring >= view.quorum;
        match self {
            Policy::Honest | Policy::Mixed => Act::Right,
            Policy::Lazy => Act::Guess,
            Policy::Colluding => Act::Wrong,
            Policy::Cartel | Policy::Preying if may_win || view.wrong_is_out => Act::Wrong,
            Policy::Farming if (view.run >= TRUSTED && !view.recheck) || view.wrong_is_out => Act::Wrong,
            Policy::Cartel | Policy::Preying | Policy::Farming => Act::Right,
            Policy::Ghosting => Act::Vanish,
            Policy::Griefing => [Act::Guess, Act::Withhold][usize::from(coin)],
            Policy::Copying => [Act::Guess, Act::Copy][usize::from(view.revealed)],
        }
    }
}
