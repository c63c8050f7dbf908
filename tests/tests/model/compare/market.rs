//! Accounts of escrow and verification.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Chain,
    assay_sdk::{addresses, escrow, verification},
};

use super::{Diff, Place};
use crate::state::{Admin, Bid, Device, Model, Published, Shown};

pub const PLACES: &[Place] = &[job, seat, round, canary, device, bid, published, payment, config];

fn bits(seats: &[u8]) -> u8 {
    seats.iter().fold(0, |set, seat| set | 1 << seat)
}

fn job(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let job = model.jobs.get(address)?;
    let on: escrow::Job = chain.find(address)?;
    diff.at = format!("job {} of {}", job.nonce, job.requester);
    diff.same("bytes", job.space, chain.account(address)?.data.len());
    diff.same("state", job.state, on.state);
    diff.same("strategy", (job.strategy, job.replicas), (on.strategy, on.replicas));
    diff.same("cases", (job.cases, job.accuser), (on.cases, on.accuser()));
    diff.same("assignment", (job.assignment, job.class), (on.assignment(), on.class));
    diff.same("seats", bits(&job.seats), on.seats);
    diff.same("winners", bits(&job.winners), on.winners);
    diff.same("losers", bits(&job.losers), on.losers);
    diff.same("released", job.released, on.released);
    diff.same("fee and floor", (job.fee_bps, job.cancel_floor_bps), (on.fee_bps, on.cancel_floor_bps));
    diff.same("requester", (job.requester, job.nonce), (on.requester, on.nonce));
    diff.same("mint", job.mint, on.mint);
    diff.same("price", (job.units, job.seat_price), (on.units, on.seat_price));
    diff.same("bond", (job.bond, job.exposure), (on.bond, on.exposure));
    diff.same("bounty", job.bounty, on.bounty);
    diff.same("windows", (job.seal_window, job.reveal_window), (on.seal_window, on.reveal_window));
    diff.same("times", (job.posted_at, job.seal_by, job.ended_at), (on.posted_at, on.seal_by, on.ended_at));
    diff.same("requirements", job.requirements, on.requirements);
    diff.same("seed", (job.seed_slot, job.seeded_at, job.seed), (on.seed_slot, on.seeded_at, on.seed));
    diff.same("root", job.root, on.root);
    diff.same("prices", &job.prices, &on.prices);
    diff.same("milestones", &job.milestones, &on.milestones);
    diff.same("legs", &job.legs, &on.legs);
    Some(())
}

fn seat(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let seat = model.seats.get(address)?;
    let on: escrow::Seat = chain.find(address)?;
    diff.at = format!("seat of {} in {}", seat.operator, seat.job);
    diff.same("parties", (seat.job, seat.operator, seat.payer), (on.job, on.operator, on.payer));
    diff.same("device", seat.device, on.device);
    diff.same("index", seat.index, on.index);
    diff.same("state", seat.state, on.state);
    diff.same("seal by", seat.seal_by, on.seal_by);
    diff.same("commitment", seat.commitment, on.commitment);
    diff.same("progress", (seat.progress, seat.heartbeat_at), (on.progress, on.heartbeat_at));
    Some(())
}

fn round(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let round = model.rounds.get(address)?;
    let on: verification::Round = chain.find(address)?;
    diff.at = format!("round of {}", round.job);
    diff.same("job", (round.job, round.payer), (on.job, on.payer));
    diff.same("phase", round.phase, on.phase);
    diff.same("replicas", (round.replicas, round.quorum), (on.replicas, on.quorum));
    diff.same("silent", bits(&round.silent), on.silent);
    let shown = on.shown.map(|it| {
        let verification::Shown { leaves, height, digest, node, root } = it;
        Shown { leaves, height, digest, node, root }
    });
    diff.same("shown", round.shown, shown);
    diff.same("counts", (round.sealed, round.revealed), (on.sealed, on.revealed));
    diff.same("times", (round.seal_by, round.reveal_by), (on.seal_by, on.reveal_by));
    diff.same("window", round.reveal_window, on.reveal_window);
    Some(())
}

fn canary(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let canary = model.canaries.get(address)?;
    let on: verification::Canary = chain.find(address)?;
    let same = (canary.commitment, canary.created_at, canary.payer);
    diff.same("canary", same, (on.commitment, on.created_at, on.payer));
    Some(())
}

fn device(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let device = model.devices.get(address)?;
    let on: escrow::Device = chain.find(address)?;
    let copy = Device {
        operator: on.operator,
        can: on.capabilities,
        slots: on.slots,
        busy: on.busy,
        available: on.available,
        verified: on.verified,
        price_floor: on.price_floor,
    };
    diff.same("device", *device, copy);
    Some(())
}

fn bid(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let bid = model.bids.get(address)?;
    let on: escrow::Bid = chain.find(address)?;
    let escrow::Bid { job, operator, device, price, exposure, expires_at, posted_at, .. } = on;
    diff.same("bid", bid, &Bid { job, operator, device, price, exposure, expires_at, posted_at });
    Some(())
}

fn published(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let published = model.models.get(address)?;
    let on: escrow::Model = chain.find(address)?;
    let escrow::Model { author, id, payee, content_hash, royalty_bps, revision, uri, .. } = on;
    diff.same("model", published, &Published { author, id, payee, content_hash, royalty_bps, revision, uri });
    Some(())
}

fn payment(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let (mint, rate) = model.payments.get(address)?;
    let on: escrow::PaymentMint = chain.find(address)?;
    diff.same("payment mint", (*mint, *rate), (on.mint, on.bond_rate));
    Some(())
}

fn config(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    if *address == addresses::config(&escrow::ID) {
        let on: escrow::Config = chain.find(address)?;
        diff.at = "escrow's Config".into();
        let escrow::Config { authority, pending, guardian, paused, params, .. } = on;
        diff.same("admin", model.admins[&escrow::ID], Admin { authority, pending, guardian, paused });
        diff.same("params", format!("{:?}", model.escrow), format!("{params:?}"));
        return Some(());
    }
    if *address == addresses::config(&verification::ID) {
        let on: verification::Config = chain.find(address)?;
        diff.at = "verification's Config".into();
        let verification::Config { authority, pending, guardian, paused, params, .. } = on;
        diff.same("params", &model.verification, &params);
        diff.same("admin", model.admins[&verification::ID], Admin { authority, pending, guardian, paused });
        return Some(());
    }
    None
}
