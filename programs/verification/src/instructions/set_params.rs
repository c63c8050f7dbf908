use anchor_lang::prelude::*;

use super::Govern;
use crate::{emit, events::ParamsSet, state::VerificationParams};

pub(crate) fn handler(ctx: Context<Govern>, params: VerificationParams) -> Result<()> {
    params.validate()?;
    ctx.accounts.config.params = params.clone();
    emit(&ctx.accounts.event_authority, &ParamsSet { params })
}
