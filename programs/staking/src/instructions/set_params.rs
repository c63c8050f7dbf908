use anchor_lang::prelude::*;

use super::Govern;
use crate::{emit, events::ParamsSet, state::StakingParams};

pub(crate) fn handler(ctx: Context<Govern>, params: StakingParams) -> Result<()> {
    ctx.accounts.config.set_params(params.clone(), Clock::get()?.unix_timestamp)?;
    emit(&ctx.accounts.event_authority, &ParamsSet { params })
}
