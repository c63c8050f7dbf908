//! Records.

use anchor_lang::prelude::Pubkey;
use assay_tests::{Chain, assay_sdk::reputation};

use super::{Diff, Place};
use crate::state::{Model, Record};

pub const PLACES: &[Place] = &[record];

fn record(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let record = model.records.get(address)?;
    let reputation::Record {
        version: _,
        bump: _,
        operator,
        class,
        good,
        bad,
        updated_at,
        consecutive_valid,
        valid,
        wrong,
        silent,
        avg_value,
        partners,
    } = chain.find(address)?;
    let on =
        Record { operator, class, good, bad, updated_at, consecutive_valid, valid, wrong, silent, avg_value, partners };
    diff.same("record", *record, on);
    Some(())
}
