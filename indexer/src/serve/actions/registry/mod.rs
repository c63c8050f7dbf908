//! Every action, by program, and why the other instructions are none.

mod bids;
mod cases;
mod governance;
mod jobs;
mod juries;
mod keys;
mod machines;
mod payouts;
mod post;
mod rounds;
mod seats;
mod stakes;
mod staking;
mod token;

use super::{call::Action, param::Kind, spec::Exception};

/// The builder of an action, as the registry keeps it.
macro_rules! build {
    ($function:path) => {
        |call| Box::pin($function(call))
    };
}
use build;

/// The job that an action is about.
const JOB: super::param::Param = super::param::need("job", "Address of the job", Kind::Row("jobs"));
/// The case that an action is about.
const CASE: super::param::Param = super::param::need("case", "Address of the case", Kind::Row("cases"));

const ALL: &[&[Action]] = &[
    post::ACTIONS,
    jobs::ACTIONS,
    bids::ACTIONS,
    seats::ACTIONS,
    payouts::ACTIONS,
    machines::ACTIONS,
    rounds::ACTIONS,
    cases::ACTIONS,
    juries::ACTIONS,
    keys::ACTIONS,
    staking::ACTIONS,
    stakes::ACTIONS,
    token::ACTIONS,
    governance::ACTIONS,
];

/// Every action.
pub fn all() -> impl Iterator<Item = &'static Action> {
    ALL.iter().flat_map(|some| some.iter())
}

/// An action by `program/name`.
pub fn find(path: &str) -> Option<&'static Action> {
    let (program, name) = path.split_once('/')?;
    all().find(|action| (action.program, action.name) == (program, name))
}

const fn except(program: &'static str, name: &'static str, reason: &'static str) -> Exception {
    Exception { program, name, reason }
}

const DEPLOYER: &str = "only the program's upgrade authority sends it, once";
const AUTHORITY: &str = "only the Config's authority sends it: propose it to governance";
const GUARDIAN: &str = "only the Config's authority or guardian sends it, with the tools of operations";
const OFFERED: &str = "only whom the authority was offered to sends it, with the tools of operations";
const CPI: &str = "only another of the programs may call it";
const SALT: &str = "its salt is a secret that only the node which sealed has";
const KEEPER: &str = "only the canary keeper sends it, with a secret of its own";

/// The instructions that are no actions.
pub const EXCEPTIONS: &[Exception] = &[
    except("token", "initialize", DEPLOYER),
    except("token", "set_params", AUTHORITY),
    except("token", "propose_authority", AUTHORITY),
    except("token", "accept_authority", OFFERED),
    except("token", "set_guardian", AUTHORITY),
    except("token", "set_paused", GUARDIAN),
    except("token", "set_minter", AUTHORITY),
    except("token", "spend_treasury", AUTHORITY),
    except("token", "reserve_swap", "the authority and a counterparty sign it together: propose it to governance"),
    except("staking", "initialize", DEPLOYER),
    except("staking", "set_params", AUTHORITY),
    except("staking", "propose_authority", AUTHORITY),
    except("staking", "accept_authority", OFFERED),
    except("staking", "set_guardian", AUTHORITY),
    except("staking", "set_paused", GUARDIAN),
    except("staking", "lock_bond", CPI),
    except("staking", "release_bond", CPI),
    except("staking", "open_case", CPI),
    except("staking", "close_case", CPI),
    except("staking", "lock_position", CPI),
    except("staking", "slash", CPI),
    except("reputation", "record_outcome", CPI),
    except("reputation", "score", "it changes nothing: simulate it, or GET /v1/operators"),
    except("escrow", "initialize", DEPLOYER),
    except("escrow", "set_params", AUTHORITY),
    except("escrow", "propose_authority", AUTHORITY),
    except("escrow", "accept_authority", OFFERED),
    except("escrow", "set_guardian", AUTHORITY),
    except("escrow", "set_paused", GUARDIAN),
    except("escrow", "register_mint", AUTHORITY),
    except("escrow", "unregister_mint", AUTHORITY),
    except("escrow", "verify_device", GUARDIAN),
    except("escrow", "ask", CPI),
    except("escrow", "change_cases", CPI),
    except("escrow", "convict", CPI),
    except("escrow", "doubt", CPI),
    except("escrow", "record_verdict", CPI),
    except("escrow", "reveal_seat", CPI),
    except("escrow", "seal_seat", CPI),
    except("escrow", "set_root", CPI),
    except("escrow", "set_seed", CPI),
    except("verification", "initialize", DEPLOYER),
    except("verification", "set_params", AUTHORITY),
    except("verification", "propose_authority", AUTHORITY),
    except("verification", "accept_authority", OFFERED),
    except("verification", "set_guardian", AUTHORITY),
    except("verification", "set_paused", GUARDIAN),
    except("verification", "seal_result", SALT),
    except("verification", "reveal_result", SALT),
    except("verification", "reveal_root", SALT),
    except("verification", "reveal_sample", SALT),
    except("verification", "ballot_seal", SALT),
    except("verification", "ballot_reveal", SALT),
    except("verification", "commit_canary", KEEPER),
    except("verification", "reveal_canary", KEEPER),
    except("governance", "initialize", DEPLOYER),
    except("governance", "set_params", AUTHORITY),
    except("governance", "propose_authority", AUTHORITY),
    except("governance", "accept_authority", OFFERED),
    except("governance", "set_guardian", AUTHORITY),
    except("governance", "set_paused", GUARDIAN),
];
