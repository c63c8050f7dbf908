//! Everything that can be done: one file an instruction. Each has one function, `propose`, which makes a transaction
//! likely to land (most of the time) and says what it does to the model. To teach the walk a new instruction: write its
//! file, and name it in [`ACTIONS`].

pub mod admin;
pub mod escrow;
pub mod governance;
pub mod reputation;
pub mod staking;
pub mod token;
pub mod verification;
pub mod wait;

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::World;

use crate::{
    cast::Cast,
    dice::Dice,
    state::{Decree, Job, Model, Seat, Verdict},
};

/// What a proposal may look at.
pub struct View<'a> {
    pub world: &'a World,
    pub model: &'a Model,
    pub cast: &'a Cast,
}

/// Time that passes.
#[derive(Clone, Copy)]
pub struct Clock {
    pub seconds: i64,
    pub slots: u64,
}

/// Instructions to send, and what they do to the model.
pub struct Step {
    pub calls: Vec<Instruction>,
    pub then: Box<dyn Fn(&mut Model) -> Verdict>,
}

/// What is to happen next.
pub enum Next {
    Wait(Clock),
    Send(Step),
}

/// One kind of step.
#[derive(Clone, Copy)]
pub struct Action {
    /// `escrow::settle`, as in the IDL.
    pub name: &'static str,
    /// How often, compared with the others.
    pub weight: u64,
    pub propose: fn(&View, &mut Dice) -> Option<Next>,
}

/// Send one instruction.
pub fn send(call: Instruction, then: impl Fn(&mut Model) -> Verdict + 'static) -> Option<Next> {
    Some(Next::Send(Step { calls: vec![call], then: Box::new(then) }))
}

/// Send what an authority decrees.
pub fn decree(decree: Decree, by: Pubkey) -> Option<Next> {
    send(decree.call(&by), move |m| decree.apply(m, &by))
}

macro_rules! actions {
    ($($weight:literal $program:ident :: $name:ident,)*) => {
        &[$(Action {
            name: concat!(stringify!($program), "::", stringify!($name)),
            weight: $weight,
            propose: $program::$name::propose,
        }),*]
    };
}

/// All of them. Weights are such that jobs, of which each needs about twenty steps, get most.
pub const ACTIONS: &[Action] = actions![
    24 wait::wait,
    5 wait::donate,
    3 wait::harvest,
    2 token::set_minter,
    4 token::mint_to,
    3 token::burn,
    8 token::open_fee_vault,
    4 token::collect_fees,
    4 token::emit_epoch,
    3 token::set_params,
    3 token::reserve_swap,
    2 token::spend_treasury,
    4 token::open_distribution,
    12 token::claim,
    4 token::sweep_distribution,
    1 token::propose_authority,
    2 token::accept_authority,
    1 token::set_guardian,
    3 token::set_paused,
    8 staking::open_pool,
    6 staking::open_position,
    12 staking::stake,
    10 staking::request_unstake,
    8 staking::withdraw,
    4 staking::redelegate,
    4 staking::close_position,
    3 staking::close_pool,
    4 staking::fund_rewards,
    3 staking::advance_epoch,
    12 staking::claim_rewards,
    3 staking::set_commission,
    2 staking::slash,
    1 staking::open_case,
    4 staking::close_case,
    5 staking::sync_weight,
    2 staking::set_params,
    1 staking::propose_authority,
    2 staking::accept_authority,
    1 staking::set_guardian,
    3 staking::set_paused,
    4 governance::propose,
    8 governance::add_action,
    6 governance::start_vote,
    20 governance::vote,
    6 governance::finish_vote,
    8 governance::execute,
    1 governance::veto,
    1 governance::cancel,
    4 governance::close_action,
    4 governance::close_proposal,
    6 governance::close_vote,
    1 governance::set_params,
    1 governance::propose_authority,
    2 governance::accept_authority,
    2 governance::set_guardian,
    3 governance::set_paused,
    60 reputation::record_outcome,
    2 reputation::score,
    10 reputation::open_record,
    1 escrow::propose_authority,
    2 escrow::accept_authority,
    1 escrow::set_guardian,
    3 escrow::set_paused,
    2 escrow::set_params,
    4 escrow::register_mint,
    1 escrow::unregister_mint,
    14 escrow::register_device,
    2 escrow::update_device,
    3 escrow::set_available,
    3 escrow::verify_device,
    1 escrow::retire_device,
    4 escrow::publish_model,
    1 escrow::new_version,
    1 escrow::set_payee,
    1 escrow::retire_model,
    40 escrow::post_job,
    6 escrow::top_up,
    50 escrow::place_bid,
    5 escrow::withdraw_bid,
    60 escrow::award_bid,
    10 escrow::heartbeat,
    50 escrow::deliver,
    40 escrow::release_milestone,
    14 escrow::pay_royalty,
    180 escrow::claim_seat,
    50 escrow::settle,
    40 escrow::slash_seat,
    20 escrow::expire_seat,
    3 escrow::cancel_job,
    6 escrow::expire_job,
    12 escrow::refund,
    14 escrow::close_job,
    30 verification::open_round,
    40 verification::draw,
    120 verification::seal_result,
    200 verification::reveal_result,
    40 verification::finalize_round,
    12 verification::close_round,
    8 verification::commit_canary,
    12 verification::reveal_canary,
    2 verification::close_canary,
    60 verification::reveal_root,
    120 verification::prove_sample,
    100 verification::reveal_sample,
    40 verification::finalize_sample,
    60 verification::open_case,
    80 verification::answer_case,
    40 verification::draw_jury,
    200 verification::join_jury,
    120 verification::ballot_seal,
    160 verification::ballot_reveal,
    40 verification::resolve_case,
    20 verification::appeal,
    30 verification::conclude_challenge,
    30 verification::conclude_tie,
    30 verification::conclude_sample,
    8 verification::moot_case,
    30 verification::pay_case,
    20 verification::settle_ballot,
    20 verification::slash_ballot,
    20 verification::close_case,
    8 verification::return_surety,
    2 verification::set_params,
    1 verification::propose_authority,
    2 verification::accept_authority,
    1 verification::set_guardian,
    3 verification::set_paused,
];

impl View<'_> {
    /// A job that `fits`; one time in sixteen any at all.
    pub fn job(&self, dice: &mut Dice, fits: impl Fn(&Pubkey, &Job) -> bool) -> Option<(Pubkey, Job)> {
        let any = dice.once_in(16);
        let jobs: Vec<_> = self.model.jobs.iter().filter(|(address, job)| any || fits(address, job)).collect();
        dice.pick(&jobs).map(|(address, job)| (**address, (*job).clone()))
    }

    /// A seat that `fits`, with its job; one time in sixteen any at all.
    pub fn seat(&self, dice: &mut Dice, fits: impl Fn(&Job, &Seat) -> bool) -> Option<(Pubkey, Seat, Job)> {
        let any = dice.once_in(16);
        let with_job = self.model.seats.iter().map(|(address, seat)| (address, seat, &self.model.jobs[&seat.job]));
        let seats: Vec<_> = with_job.filter(|(_, seat, job)| any || fits(job, seat)).collect();
        dice.pick(&seats).map(|(address, seat, job)| (**address, (*seat).clone(), (*job).clone()))
    }

    /// A published model's author and number; one time in ten any at all.
    pub fn published(&self, dice: &mut Dice) -> Option<(Pubkey, u32)> {
        if dice.once_in(10) {
            return Some((self.anybody(dice), dice.below(escrow::publish_model::IDS) as u32));
        }
        let models: Vec<_> = self.model.models.values().collect();
        dice.pick(&models).map(|model| (model.author, model.id))
    }

    /// Any operator.
    pub fn operator(&self, dice: &mut Dice) -> Pubkey {
        dice.one(&self.cast.operators)
    }

    /// Anybody.
    pub fn anybody(&self, dice: &mut Dice) -> Pubkey {
        dice.one(&self.cast.people)
    }
}
