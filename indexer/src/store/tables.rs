/// The table of an account type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Table {
    TokenConfigs,
    Minters,
    StakingConfigs,
    Totals,
    Pools,
    Positions,
    Tickets,
    Records,
    EscrowConfigs,
    PaymentMints,
    Devices,
    Jobs,
    Seats,
    VerificationConfigs,
    Rounds,
    GovernanceConfigs,
    Proposals,
    Actions,
    Votes,
    Distributions,
    SwapLogs,
    Bids,
    Models,
    Cases,
    Ballots,
    ProofKeys,
    Attestors,
    Canaries,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 28] = [
        Self::TokenConfigs,
        Self::Minters,
        Self::StakingConfigs,
        Self::Totals,
        Self::Pools,
        Self::Positions,
        Self::Tickets,
        Self::Records,
        Self::EscrowConfigs,
        Self::PaymentMints,
        Self::Devices,
        Self::Jobs,
        Self::Seats,
        Self::VerificationConfigs,
        Self::Rounds,
        Self::GovernanceConfigs,
        Self::Proposals,
        Self::Actions,
        Self::Votes,
        Self::Distributions,
        Self::SwapLogs,
        Self::Bids,
        Self::Models,
        Self::Cases,
        Self::Ballots,
        Self::ProofKeys,
        Self::Attestors,
        Self::Canaries,
    ];

    /// Program, account type and name.
    const fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::TokenConfigs => ("token", "Config", "token_configs"),
            Self::Minters => ("token", "Minter", "minters"),
            Self::StakingConfigs => ("staking", "Config", "staking_configs"),
            Self::Totals => ("staking", "Totals", "totals"),
            Self::Pools => ("staking", "Pool", "pools"),
            Self::Positions => ("staking", "Position", "positions"),
            Self::Tickets => ("staking", "Ticket", "tickets"),
            Self::Records => ("reputation", "Record", "records"),
            Self::EscrowConfigs => ("escrow", "Config", "escrow_configs"),
            Self::PaymentMints => ("escrow", "PaymentMint", "payment_mints"),
            Self::Devices => ("escrow", "Device", "devices"),
            Self::Jobs => ("escrow", "Job", "jobs"),
            Self::Seats => ("escrow", "Seat", "seats"),
            Self::VerificationConfigs => ("verification", "Config", "verification_configs"),
            Self::Rounds => ("verification", "Round", "rounds"),
            Self::GovernanceConfigs => ("governance", "Config", "governance_configs"),
            Self::Proposals => ("governance", "Proposal", "proposals"),
            Self::Actions => ("governance", "Action", "actions"),
            Self::Votes => ("governance", "Vote", "votes"),
            Self::Distributions => ("token", "Distribution", "distributions"),
            Self::SwapLogs => ("token", "SwapLog", "swap_logs"),
            Self::Bids => ("escrow", "Bid", "bids"),
            Self::Models => ("escrow", "Model", "models"),
            Self::Cases => ("verification", "Case", "cases"),
            Self::Ballots => ("verification", "Ballot", "ballots"),
            Self::ProofKeys => ("verification", "ProofKey", "proof_keys"),
            Self::Attestors => ("verification", "Attestor", "attestors"),
            Self::Canaries => ("verification", "Canary", "canaries"),
        }
    }

    /// The table of account type `kind` of `program`, if there is one.
    pub fn of(program: &str, kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| (table.facts().0, table.facts().1) == (program, kind))
    }

    /// Short name of the program that owns its accounts.
    pub const fn program(self) -> &'static str {
        self.facts().0
    }

    /// Its name in the database: a plain identifier, safe in SQL.
    pub const fn name(self) -> &'static str {
        self.facts().2
    }

    /// The events that close its accounts, and the field with the account's address. They carry the account's last
    /// state in the field `last`.
    pub fn closings(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        CLOSINGS.into_iter().filter(move |(.., table)| *table == self).map(|(_, kind, field, _)| (kind, field))
    }

    /// The table whose account the event `kind` of `program` closes, and the field with the account's address.
    pub fn closed_by(program: &str, kind: &str) -> Option<(Self, &'static str)> {
        let found = CLOSINGS.into_iter().find(|(p, k, ..)| (*p, *k) == (program, kind))?;
        Some((found.3, found.2))
    }
}

/// The event of a closing, the field with the closed account's address, and the account's table.
pub(crate) const CLOSINGS: [(&str, &str, &str, Table); 23] = [
    ("token", "DistributionSwept", "distribution", Table::Distributions),
    ("staking", "PoolClosed", "pool", Table::Pools),
    ("staking", "PositionClosed", "position", Table::Positions),
    ("staking", "Withdrawn", "ticket", Table::Tickets),
    ("escrow", "BidAwarded", "bid", Table::Bids),
    ("escrow", "BidWithdrawn", "bid", Table::Bids),
    ("escrow", "MintUnregistered", "payment", Table::PaymentMints),
    ("escrow", "ModelRetired", "model", Table::Models),
    ("escrow", "DeviceRetired", "device", Table::Devices),
    ("escrow", "SeatSettled", "seat", Table::Seats),
    ("escrow", "SeatSlashed", "seat", Table::Seats),
    ("escrow", "JobClosed", "job", Table::Jobs),
    ("verification", "AttestorClosed", "attestor", Table::Attestors),
    ("verification", "BallotSettled", "ballot", Table::Ballots),
    ("verification", "BallotSlashed", "ballot", Table::Ballots),
    ("verification", "CanaryClosed", "canary", Table::Canaries),
    ("verification", "CanaryRevealed", "canary", Table::Canaries),
    ("verification", "CaseClosed", "case", Table::Cases),
    ("verification", "KeyClosed", "key", Table::ProofKeys),
    ("verification", "RoundClosed", "round", Table::Rounds),
    ("governance", "ActionClosed", "action", Table::Actions),
    ("governance", "ProposalClosed", "proposal", Table::Proposals),
    ("governance", "VoteClosed", "vote", Table::Votes),
];
