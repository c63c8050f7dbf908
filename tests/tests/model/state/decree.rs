//! What an authority may do that creates no account: by its own signature, or by a vote where it is governance's.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::assay_sdk::{
    addresses, escrow,
    escrow::EscrowError,
    governance::{self, GovernanceError, GovernanceParams},
    ix,
    staking::{self, StakingError, StakingParams},
    token::{self, TokenError, TokenParams},
    verification::{self, VerificationError, VerificationParams},
};

use super::{Model, Verdict, need, require, token_program};

/// The programs that have an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Token,
    Staking,
    Escrow,
    Verification,
    Governance,
}

pub const PROGRAMS: [Program; 5] =
    [Program::Token, Program::Staking, Program::Escrow, Program::Verification, Program::Governance];

impl Program {
    pub fn id(self) -> Pubkey {
        match self {
            Self::Token => token::ID,
            Self::Staking => staking::ID,
            Self::Escrow => escrow::ID,
            Self::Verification => verification::ID,
            Self::Governance => governance::ID,
        }
    }

    /// Its errors NotAuthority, NotPending, NotGuardian.
    fn errors(self) -> [u32; 3] {
        macro_rules! of {
            ($error:ident) => {
                [$error::NotAuthority.into(), $error::NotPending.into(), $error::NotGuardian.into()]
            };
        }
        match self {
            Self::Token => of!(TokenError),
            Self::Staking => of!(StakingError),
            Self::Escrow => of!(EscrowError),
            Self::Verification => of!(VerificationError),
            Self::Governance => of!(GovernanceError),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Decree {
    ProposeAuthority(Program, Pubkey),
    AcceptAuthority(Program),
    SetGuardian(Program, Pubkey),
    SetPaused(Program, bool),
    TokenParams(TokenParams),
    StakingParams(StakingParams),
    GovernanceParams(GovernanceParams),
    VerificationParams(VerificationParams),
    /// Mint, to, amount.
    Spend(Pubkey, Pubkey, u64),
}

macro_rules! by_program {
    ($program:expr, $name:ident $(, $argument:expr)*) => {
        match $program {
            Program::Token => ix::token::$name($($argument),*),
            Program::Staking => ix::staking::$name($($argument),*),
            Program::Escrow => ix::escrow::$name($($argument),*),
            Program::Verification => ix::verification::$name($($argument),*),
            Program::Governance => ix::governance::$name($($argument),*),
        }
    };
}

impl Decree {
    /// Whose authority it needs.
    pub fn program(&self) -> Program {
        match self {
            Self::ProposeAuthority(program, _)
            | Self::AcceptAuthority(program)
            | Self::SetGuardian(program, _)
            | Self::SetPaused(program, _) => *program,
            Self::TokenParams(_) | Self::Spend(..) => Program::Token,
            Self::StakingParams(_) => Program::Staking,
            Self::GovernanceParams(_) => Program::Governance,
            Self::VerificationParams(_) => Program::Verification,
        }
    }

    /// The instruction, signed by `by`.
    pub fn call(&self, by: &Pubkey) -> Instruction {
        match self {
            Self::ProposeAuthority(Program::Escrow, new) => ix::escrow::propose_authority(by, new),
            Self::ProposeAuthority(Program::Token, new) => ix::token::propose_authority(by, new),
            Self::ProposeAuthority(Program::Staking, new) => ix::staking::propose_authority(by, new),
            Self::ProposeAuthority(Program::Verification, new) => ix::verification::propose_authority(by, new),
            Self::ProposeAuthority(Program::Governance, new) => ix::governance::propose_authority(by, new),
            Self::AcceptAuthority(program) => by_program!(program, accept_authority, by),
            Self::SetGuardian(Program::Escrow, guardian) => ix::escrow::set_guardian(by, guardian),
            Self::SetGuardian(Program::Token, guardian) => ix::token::set_guardian(by, guardian),
            Self::SetGuardian(Program::Staking, guardian) => ix::staking::set_guardian(by, guardian),
            Self::SetGuardian(Program::Verification, guardian) => ix::verification::set_guardian(by, guardian),
            Self::SetGuardian(Program::Governance, guardian) => ix::governance::set_guardian(by, guardian),
            Self::SetPaused(program, paused) => by_program!(program, set_paused, by, *paused),
            Self::TokenParams(params) => ix::token::set_params(by, *params),
            Self::StakingParams(params) => ix::staking::set_params(by, params.clone()),
            Self::GovernanceParams(params) => ix::governance::set_params(by, params.clone()),
            Self::VerificationParams(params) => ix::verification::set_params(by, params.clone()),
            Self::Spend(mint, to, amount) => ix::token::spend_treasury(by, (*mint, token_program(mint)), to, *amount),
        }
    }

    /// What it does.
    pub fn apply(&self, m: &mut Model, by: &Pubkey) -> Verdict {
        let program = self.program();
        let [not_authority, not_pending, not_guardian] = program.errors();
        if let Self::Spend(mint, ..) = self {
            need(m.money.tokens.get(&addresses::treasury(mint)))?;
        }
        let admin = need(m.admins.get_mut(&program.id()))?;
        match self {
            Self::AcceptAuthority(_) => require(*by == admin.pending, not_pending)?,
            Self::SetPaused(..) => require(admin.guards(by), not_guardian)?,
            _ => require(*by == admin.authority, not_authority)?,
        }
        match self {
            Self::ProposeAuthority(_, new) => admin.pending = *new,
            Self::AcceptAuthority(_) => (admin.authority, admin.pending) = (*by, Pubkey::default()),
            Self::SetGuardian(_, guardian) => admin.guardian = *guardian,
            Self::SetPaused(_, paused) => admin.paused = *paused,
            Self::TokenParams(params) => return m.set_token_params(params),
            Self::StakingParams(params) => return m.set_staking_params(params),
            Self::GovernanceParams(params) => return m.set_governance_params(params),
            Self::VerificationParams(params) => return m.set_verification_params(params),
            Self::Spend(mint, to, amount) => {
                require(*amount > 0, TokenError::ZeroAmount)?;
                return m.money.transfer(&addresses::treasury(mint), to, *amount);
            }
        }
        Ok(())
    }
}
