//! Models. What could be lost: a requester's money, if an author could raise what it agreed to pay; an author's
//! royalties, if a stranger could name another payee.

use anchor_lang::prelude::*;

use crate::{
    EscrowError, emit,
    events::{ModelPayeeSet, ModelPublished, ModelRetired, ModelRevised},
    state::*,
};

/// Accounts of `publish_model`, in order:
/// 0. `author` (signer, writable): pays
/// 1. `config`
/// 2. `model` (writable, created): `["model", author, id]`
/// 3. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(id: u32)]
pub struct PublishModel<'info> {
    #[account(mut)]
    pub author: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(
        init, payer = author, space = 8 + Model::INIT_SPACE,
        seeds = [MODEL_SEED, author.key().as_ref(), &id.to_le_bytes()], bump
    )]
    pub model: Account<'info, Model>,
    pub system_program: Program<'info, System>,
}

/// Accounts of `new_version` and `set_payee`, in order:
/// 0. `author` (signer): the model's
/// 1. `model` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeModel<'info> {
    pub author: Signer<'info>,
    #[account(mut, has_one = author @ EscrowError::NotAuthor)]
    pub model: Account<'info, Model>,
}

/// Accounts of `retire_model`, in order:
/// 0. `author` (signer, writable): the model's; gets its rent back
/// 1. `model` (writable, closed), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RetireModel<'info> {
    #[account(mut)]
    pub author: Signer<'info>,
    #[account(mut, close = author, has_one = author @ EscrowError::NotAuthor)]
    pub model: Account<'info, Model>,
}

/// What an author says of a new model.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct ModelTerms {
    /// Whom jobs pay.
    pub payee: Pubkey,
    /// sha256 of the content.
    pub content_hash: [u8; 32],
    /// In bps of what operators are paid, at most 3,000.
    pub royalty_bps: u16,
    /// Where the content is found, 1 to 128 bytes.
    pub uri: String,
}

/// The legs of a job: its royalties, of which those that name a Model among `models` go to its payee. Each such royalty
/// must be what the model asks for, so that no author can raise what the requester signed; and a model that is given
/// must be named, once.
pub(crate) fn legs<'info>(royalties: &[Royalty], models: &'info [AccountInfo<'info>]) -> Result<Vec<Leg>> {
    let mut legs: Vec<Leg> = royalties.iter().map(|Royalty { to, bps }| Leg { to: *to, bps: *bps, due: 0 }).collect();
    for account in models {
        let model = Account::<Model>::try_from(account)?;
        let mut named = legs.iter_mut().zip(royalties).filter(|(_, royalty)| royalty.to == *account.key);
        let (Some((leg, _)), None) = (named.next(), named.next()) else { return err!(EscrowError::OtherRoyalty) };
        require!(leg.bps == model.royalty_bps, EscrowError::OtherRoyalty);
        leg.to = model.payee;
    }
    Ok(legs)
}

pub(crate) fn publish(ctx: Context<PublishModel>, id: u32, terms: ModelTerms) -> Result<()> {
    require!(!ctx.accounts.config.paused, EscrowError::Paused);
    let author = ctx.accounts.author.key();
    let ModelTerms { payee, content_hash, royalty_bps, uri } = terms;
    let event_uri = uri.clone();
    ctx.accounts.model.set_inner(Model {
        version: VERSION,
        bump: ctx.bumps.model,
        author,
        id,
        payee,
        content_hash,
        royalty_bps,
        revision: 1,
        uri,
    });
    ctx.accounts.model.invariant()?;
    let model = ctx.accounts.model.key();
    emit(
        &ctx.accounts.event_authority,
        &ModelPublished { model, author, id, payee, content_hash, royalty_bps, uri: event_uri },
    )?;
    Ok(())
}

pub(crate) fn new_version(ctx: Context<ChangeModel>, content_hash: [u8; 32], uri: String) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.content_hash = content_hash;
    model.uri = uri.clone();
    model.revision = model.revision.checked_add(1).ok_or(EscrowError::Overflow)?;
    model.invariant()?;
    let (model, revision) = (model.key(), model.revision);
    emit(&ctx.accounts.event_authority, &ModelRevised { model, revision, content_hash, uri })?;
    Ok(())
}

pub(crate) fn set_payee(ctx: Context<ChangeModel>, payee: Pubkey) -> Result<()> {
    ctx.accounts.model.payee = payee;
    ctx.accounts.model.invariant()?;
    emit(&ctx.accounts.event_authority, &ModelPayeeSet { model: ctx.accounts.model.key(), payee })?;
    Ok(())
}

pub(crate) fn retire(ctx: Context<RetireModel>) -> Result<()> {
    let last = Model::clone(&ctx.accounts.model);
    emit(&ctx.accounts.event_authority, &ModelRetired { model: ctx.accounts.model.key(), last })?;
    Ok(())
}
