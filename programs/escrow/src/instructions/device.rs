//! Machines. What could be lost: a job's money, if a machine could claim to be more than what was vouched for; an
//! operator's machine, if a stranger could change it; a bond, if a machine could go while it works.

use anchor_lang::prelude::*;

use crate::{
    EscrowError, emit,
    events::{DeviceAvailable, DeviceRegistered, DeviceRetired, DeviceUpdated, DeviceVerified},
    state::*,
};

/// Accounts of `register_device`, in order:
/// 0. `operator` (signer, writable): pays
/// 1. `config`
/// 2. `device` (writable, created): `["device", operator, index]`
/// 3. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct RegisterDevice<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(
        init, payer = operator, space = 8 + Device::INIT_SPACE,
        seeds = [DEVICE_SEED, operator.key().as_ref(), &index.to_le_bytes()], bump
    )]
    pub device: Account<'info, Device>,
    pub system_program: Program<'info, System>,
}

/// Accounts of `update_device` and `set_available`, in order:
/// 0. `operator` (signer): the device's
/// 1. `device` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeDevice<'info> {
    pub operator: Signer<'info>,
    #[account(mut, has_one = operator @ EscrowError::NotOperator)]
    pub device: Account<'info, Device>,
}

/// Accounts of `verify_device`, in order:
/// 0. `by` (signer): the Config's authority or guardian
/// 1. `config`
/// 2. `device` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct VerifyDevice<'info> {
    pub by: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub device: Account<'info, Device>,
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

pub(crate) fn register(
    ctx: Context<RegisterDevice>,
    index: u16,
    capabilities: Capabilities,
    slots: u16,
    price_floor: u64,
) -> Result<()> {
    require!(!ctx.accounts.config.paused, EscrowError::Paused);
    capabilities.validate()?;
    require!(slots > 0, EscrowError::BadDevice);

    let operator = ctx.accounts.operator.key();
    ctx.accounts.device.set_inner(Device {
        version: VERSION,
        bump: ctx.bumps.device,
        operator,
        index,
        capabilities,
        slots,
        busy: 0,
        available: true,
        verified: false,
        price_floor,
    });
    ctx.accounts.device.invariant()?;
    emit(
        &ctx.accounts.event_authority,
        &DeviceRegistered { device: ctx.accounts.device.key(), operator, capabilities, slots, price_floor },
    )?;
    Ok(())
}

/// Only its price floor changes while it works, or without the verification being lost.
pub(crate) fn update(
    ctx: Context<ChangeDevice>,
    capabilities: Capabilities,
    slots: u16,
    price_floor: u64,
) -> Result<()> {
    capabilities.validate()?;
    require!(slots > 0, EscrowError::BadDevice);
    let device = &mut ctx.accounts.device;
    if device.capabilities != capabilities || device.slots != slots {
        require!(device.busy == 0, EscrowError::DeviceBusy);
        device.capabilities = capabilities;
        device.slots = slots;
        device.verified = false;
    }
    device.price_floor = price_floor;
    device.invariant()?;
    let (device, verified) = (device.key(), device.verified);
    emit(&ctx.accounts.event_authority, &DeviceUpdated { device, capabilities, slots, price_floor, verified })?;
    Ok(())
}

/// What it works for stays, and is paid: only new seats ask whether it is available.
pub(crate) fn set_available(ctx: Context<ChangeDevice>, available: bool) -> Result<()> {
    ctx.accounts.device.available = available;
    ctx.accounts.device.invariant()?;
    emit(&ctx.accounts.event_authority, &DeviceAvailable { device: ctx.accounts.device.key(), available })?;
    Ok(())
}

/// `capabilities` and `slots` are what was looked at: an operator that changes its machine in between gets nothing.
pub(crate) fn verify(ctx: Context<VerifyDevice>, capabilities: Capabilities, slots: u16, verified: bool) -> Result<()> {
    let (config, by) = (&ctx.accounts.config, ctx.accounts.by.key());
    let may = by == config.authority || (config.guardian != Pubkey::default() && by == config.guardian);
    require!(may, EscrowError::NotGuardian);
    let device = &mut ctx.accounts.device;
    require!(device.capabilities == capabilities && device.slots == slots, EscrowError::DeviceChanged);
    device.verified = verified;
    device.invariant()?;
    emit(&ctx.accounts.event_authority, &DeviceVerified { device: ctx.accounts.device.key(), verified, by })?;
    Ok(())
}

pub(crate) fn retire(ctx: Context<RetireDevice>) -> Result<()> {
    let last = Device::clone(&ctx.accounts.device);
    require!(last.busy == 0, EscrowError::DeviceBusy);
    emit(&ctx.accounts.event_authority, &DeviceRetired { device: ctx.accounts.device.key(), last })?;
    Ok(())
}
