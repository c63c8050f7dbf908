use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::spl_token_2022::{
        extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
        state::Mint as MintState,
    },
    token_interface::Mint,
};

use crate::{
    EscrowError, emit,
    events::{MintRegistered, MintUnregistered},
    state::*,
};

/// Accounts of `register_mint`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `payer` (signer, writable)
/// 2. `config`
/// 3. `payment` (writable, created): `["payment", mint]`
/// 4. `mint`: of the SPL Token program, or of Token-2022 with harmless extensions
/// 5. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RegisterMint<'info> {
    pub authority: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(has_one = authority @ EscrowError::NotAuthority)]
    pub config: Account<'info, Config>,
    #[account(
        init, payer = payer, space = 8 + PaymentMint::INIT_SPACE,
        seeds = [PAYMENT_SEED, mint.key().as_ref()], bump
    )]
    pub payment: Account<'info, PaymentMint>,
    pub mint: InterfaceAccount<'info, Mint>,
    pub system_program: Program<'info, System>,
}

/// Accounts of `unregister_mint`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `config`
/// 2. `payment` (writable, closed)
/// 3. `to` (writable): gets its rent; the authority says who
/// 4. the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct UnregisterMint<'info> {
    pub authority: Signer<'info>,
    #[account(has_one = authority @ EscrowError::NotAuthority)]
    pub config: Account<'info, Config>,
    #[account(mut, close = to)]
    pub payment: Account<'info, PaymentMint>,
    /// CHECK: only receives lamports; the authority's choice.
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
}

pub(crate) fn register(ctx: Context<RegisterMint>, bond_rate: u64) -> Result<()> {
    require!(!ctx.accounts.config.paused, EscrowError::Paused);
    harmless(ctx.accounts.mint.as_ref())?;
    let (mint, decimals) = (ctx.accounts.mint.key(), ctx.accounts.mint.decimals);
    ctx.accounts.payment.set_inner(PaymentMint {
        version: VERSION,
        bump: ctx.bumps.payment,
        mint,
        decimals,
        bond_rate,
    });
    emit(&ctx.accounts.event_authority, &MintRegistered { mint, decimals, bond_rate })?;
    Ok(())
}

pub(crate) fn unregister(ctx: Context<UnregisterMint>) -> Result<()> {
    emit(
        &ctx.accounts.event_authority,
        &MintUnregistered {
            payment: ctx.accounts.payment.key(),
            mint: ctx.accounts.payment.mint,
            last: PaymentMint::clone(&ctx.accounts.payment),
        },
    )?;
    Ok(())
}

/// Refuse every extension that is not known to leave a vault's tokens where they are and movable. None of those allowed
/// can be added to a mint later but its metadata, so that looking once is enough.
#[inline(never)]
fn harmless(mint: &AccountInfo) -> Result<()> {
    use ExtensionType::*;
    let data = mint.try_borrow_data()?;
    let types = StateWithExtensions::<MintState>::unpack(&data)?.get_extension_types();
    for extension in types.map_err(|_| EscrowError::MintExtension)? {
        match extension {
            // Shown differently, named, grouped: amounts are what they are.
            InterestBearingConfig | ScaledUiAmount => {}
            MetadataPointer | TokenMetadata | GroupPointer | TokenGroup | GroupMemberPointer | TokenGroupMember => {}
            // A fee is taken into account where tokens come in, and borne by who receives them where they go out.
            TransferFeeConfig => {}
            PermanentDelegate => return err!(EscrowError::MintPermanentDelegate),
            TransferHook => return err!(EscrowError::MintTransferHook),
            DefaultAccountState => return err!(EscrowError::MintDefaultState),
            NonTransferable => return err!(EscrowError::MintNonTransferable),
            MintCloseAuthority => return err!(EscrowError::MintCloseAuthority),
            Pausable => return err!(EscrowError::MintPausable),
            ConfidentialTransferMint | ConfidentialTransferFeeConfig | ConfidentialMintBurn => {
                return err!(EscrowError::MintConfidential);
            }
            _ => return err!(EscrowError::MintExtension),
        }
    }
    Ok(())
}
