/// Log an event by calling this program itself, as Anchor's `emit_cpi!` does. That puts the data together byte by byte,
/// which costs 10 CU for each. Included by a program's lib.rs.
pub(crate) fn emit<E: anchor_lang::Event>(authority: &AccountInfo, event: &E) -> Result<()> {
    use anchor_lang::{
        event::EVENT_IX_TAG_LE,
        solana_program::{instruction::Instruction, program::invoke_signed},
    };
    let mut data = Vec::with_capacity(512);
    data.extend_from_slice(EVENT_IX_TAG_LE);
    data.extend_from_slice(E::DISCRIMINATOR);
    event.serialize(&mut data)?;
    let accounts = vec![AccountMeta::new_readonly(*authority.key, true)];
    let instruction = Instruction { program_id: crate::ID, accounts, data };
    let seeds: &[&[u8]] = &[b"__event_authority", &[EVENT_AUTHORITY_AND_BUMP.1]];
    invoke_signed(&instruction, std::slice::from_ref(authority), &[seeds]).map_err(Into::into)
}
