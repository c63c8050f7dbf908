use anchor_lang::prelude::*;

use crate::{
    EscrowError,
    events::{DeviceRegistered, DeviceRetired},
    state::*,
};

/// Accounts of `register_device`, in order:
/// 0. `operator` (signer, writable): pays
/// 1. `device` (writable, created): `["device", operator, index]`
/// 2. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct RegisterDevice<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    #[account(
        init, payer = operator, space = 8 + Device::INIT_SPACE,
        seeds = [DEVICE_SEED, operator.key().as_ref(), &index.to_le_bytes()], bump
    )]
    pub device: Account<'info, Device>,
    pub system_program: Program<'info, System>,
}

/// Accounts of `retire_device`, in order:
/// 0. `operator` (signer, writable): the device's operator; gets its rent back
/// 1. `device` (writable, closed), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RetireDevice<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    #[account(mut, close = operator, has_one = operator @ EscrowError::NotOperator)]
    pub device: Account<'info, Device>,
}

pub(crate) fn register(ctx: Context<RegisterDevice>, index: u16, capabilities: Capabilities) -> Result<()> {
    let Capabilities { engines, cores, memory_mib } = capabilities;
    let known = engines != 0 && engines & !ENGINES == 0;
    require!(known && cores > 0 && memory_mib > 0, EscrowError::BadDevice);

    let operator = ctx.accounts.operator.key();
    ctx.accounts.device.set_inner(Device {
        version: VERSION,
        bump: ctx.bumps.device,
        operator,
        index,
        capabilities,
        busy: 0,
    });
    emit_cpi!(DeviceRegistered { device: ctx.accounts.device.key(), operator, capabilities });
    Ok(())
}

pub(crate) fn retire(ctx: Context<RetireDevice>) -> Result<()> {
    let last = Device::clone(&ctx.accounts.device);
    emit_cpi!(DeviceRetired { device: ctx.accounts.device.key(), last });
    Ok(())
}
