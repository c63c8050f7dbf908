//! A chain with one of everything, for actions to be about.

use assay_sdk::{
    addresses,
    escrow::{self, Bid, Job, PaymentMint, Seat, SeatState, Strategy},
    governance::{self, ActionAccount, ActionTerms, Proposal},
    ix,
    staking::{Pool, Position, Ticket},
    token::{ASY_MINT, Distribution},
    verification::{self, Attestor, AttestorKey, Canary, Case, CaseKind, Due, Phase, ProofKey, Round, VerifyingKey},
};
use serde_json::json;
use solana_sdk::pubkey::Pubkey;

use super::support::{Api, ME, blank, key};

pub const REQUESTER: Pubkey = key(20);
pub const OPERATOR: Pubkey = key(21);
pub const OTHER: Pubkey = key(22);
pub const PAYEE: Pubkey = key(23);
/// Of the job's payment; six decimals.
pub const USD: Pubkey = key(24);
/// A job with one seat, of `OPERATOR`, that was delivered.
pub const JOB: Pubkey = key(30);
/// One without seats.
pub const OPEN: Pubkey = key(31);
/// One of a Token-2022 mint, `WIDE`, without seats.
pub const WIDE_JOB: Pubkey = key(32);
pub const WIDE: Pubkey = key(33);
/// One that is proven, one that is attested.
pub const PROVEN: Pubkey = key(34);
pub const ATTESTED: Pubkey = key(35);
pub const KEY: Pubkey = key(40);
pub const ATTESTOR: Pubkey = key(41);
pub const CANARY: Pubkey = key(42);
pub const DISTRIBUTION: Pubkey = key(43);
pub const CASE: Pubkey = key(44);
pub const PROGRAM: Pubkey = key(45);

pub fn job() -> Job {
    let leg = escrow::Leg { to: PAYEE, bps: 100, due: 5 };
    Job {
        requester: REQUESTER,
        mint: USD,
        units: 10,
        seat_price: 20_000_000,
        bond: 3_000_000_000,
        exposure: 4_500_000_000,
        class: 2,
        posted_at: 1_000,
        seats: 1,
        seed: [7; 32],
        spec_hash: [8; 32],
        strategy: Strategy::Accepted { window: 60 },
        legs: vec![leg],
        ..blank()
    }
}

pub fn open_job() -> Job {
    Job { seats: 0, strategy: Strategy::ORDINARY, ..job() }
}

pub fn seat() -> Seat {
    let device = addresses::device(&OPERATOR, 3);
    Seat { state: SeatState::Delivered, job: JOB, operator: OPERATOR, payer: OTHER, device, ..blank() }
}

pub fn case() -> Case {
    let kind = CaseKind::Challenge { unit: 4 };
    let dues = vec![Due { to: PAYEE, amount: 7 }];
    Case {
        job: JOB,
        requester: REQUESTER,
        opener: OTHER,
        executor: OPERATOR,
        bond: 10,
        juror_bond: 20,
        kind,
        dues,
        ..blank()
    }
}

pub fn bid() -> Bid {
    Bid { job: JOB, operator: OPERATOR, device: addresses::device(&OPERATOR, 3), price: 1_500_000, ..blank() }
}

pub fn attestor_key() -> AttestorKey {
    AttestorKey::Ed25519 { key: [6; 32] }
}

/// What action 1 of proposal 5 runs: a co-signer and the authority sign it.
pub fn action_terms() -> ActionTerms {
    let account = |address, signer| ActionAccount { address, signer, writable: true };
    ActionTerms {
        program: PROGRAM,
        accounts: vec![account(governance::AUTHORITY, true), account(ME, true)],
        data: vec![1, 2],
    }
}

pub async fn build() -> Api {
    let api = Api::start(&[]).await;
    api.mint(&USD, &ix::TOKEN_PROGRAM, 6);
    api.mint(&WIDE, &ix::TOKEN_2022_PROGRAM, 2);
    market(&api).await;
    money(&api).await;
    disputes(&api);
    votes(&api);
    api
}

async fn market(api: &Api) {
    for (mint, decimals) in [(USD, 6), (WIDE, 2)] {
        api.store(&addresses::payment(&mint), &PaymentMint { mint, decimals, ..blank() });
    }
    let params = escrow::EscrowParams { bounty_lamports: 10_000, ..blank() };
    api.store(&addresses::config(&escrow::ID), &escrow::Config { params, ..blank() });
    api.store(&JOB, &job());
    api.store(&OPEN, &open_job());
    api.store(&WIDE_JOB, &Job { mint: WIDE, ..open_job() });
    api.store(&PROVEN, &Job { strategy: Strategy::Proven { key: KEY }, ..open_job() });
    api.store(&ATTESTED, &Job { strategy: Strategy::Attested { registrar: OTHER, threshold: 1 }, ..open_job() });
    api.store(&addresses::seat(&JOB, &OPERATOR), &seat());
    let row = json!({"job": JOB.to_string(), "operator": OPERATOR.to_string(), "index": 0});
    api.row("seats", &addresses::seat(&JOB, &OPERATOR), row).await;
    api.store(&addresses::bid(&JOB, &OPERATOR), &bid());
    api.store(&addresses::round(&OPEN), &Round { job: OPEN, payer: OTHER, phase: Phase::Sealing, ..blank() });
}

async fn money(api: &Api) {
    let pool = addresses::pool(&OPERATOR);
    // A share is worth 0.7 base units.
    let state = Pool { operator: OPERATOR, commission_bps: 250, active: 700, active_shares: 1_000, ..blank() };
    api.store(&pool, &state);
    api.store(&addresses::pool(&OTHER), &Pool { operator: OTHER, commission_bps: 300, ..blank() });
    let position = addresses::position(&pool, &ME);
    api.store(&position, &Position { pool, owner: ME, shares: 400, next_ticket: 6, ..blank() });
    for (nonce, ready_at) in [(4, 900), (5, 2_000)] {
        let (ticket, row) = (
            addresses::ticket(&pool, &ME, nonce),
            json!({"pool": pool.to_string(), "owner": ME.to_string(), "ready_at": ready_at.to_string()}),
        );
        api.store(&ticket, &Ticket { pool, owner: ME, nonce, ready_at, ..blank() });
        api.row("tickets", &ticket, row).await;
    }
    let mut clock = vec![0; 40];
    clock[32..].copy_from_slice(&1_000_i64.to_le_bytes());
    api.put(&solana_sdk_ids::sysvar::clock::ID, &solana_sdk_ids::sysvar::ID, clock);
    api.store(&DISTRIBUTION, &Distribution { opener: OTHER, payer: PAYEE, mint: USD, ..blank() });
    // Who asks has its accounts; others have none.
    api.hold(&ME, &ASY_MINT, 5_000_000_000);
    api.hold(&ME, &USD, 5_000_000);
}

fn disputes(api: &Api) {
    api.store(&CASE, &case());
    let params = verification::VerificationParams { challenge_bond: 10_000_000_000, ..blank() };
    api.store(&addresses::config(&verification::ID), &verification::Config { genesis: [3; 32], params, ..blank() });
    api.store(&KEY, &ProofKey { payer: PAYEE, key: blank::<VerifyingKey>(), ..blank() });
    let attestor = Attestor {
        registrar: OTHER,
        payer: PAYEE,
        key: attestor_key(),
        version: 1,
        bump: 1,
        revoked: false,
        expires_at: 9,
    };
    api.store(&ATTESTOR, &attestor);
    api.store(&CANARY, &Canary { commitment: [5; 32], payer: PAYEE, ..blank() });
}

fn votes(api: &Api) {
    api.store(&addresses::config(&governance::ID), &governance::Config { proposals: 9, ..blank() });
    let proposal =
        Proposal { id: 5, proposer: OTHER, actions: 2, executed: 1, open_actions: 2, actions_hash: [4; 32], ..blank() };
    let address = addresses::proposal(5);
    api.store(&address, &proposal);
    let action = governance::Action { proposal: address, index: 1, terms: action_terms(), version: 1, bump: 1 };
    api.store(&addresses::action(&address, 1), &action);
}
