//! Every instruction's arguments, every account and every event, from arbitrary bytes: reading must not panic, and what
//! was read is written as the same bytes: there are no two encodings of one value.

use anchor_lang::{AccountDeserialize, AccountSerialize, AnchorDeserialize, AnchorSerialize, Discriminator};

/// One type.
pub struct Decoder {
    /// `assay_token::instruction::Burn`.
    pub name: &'static str,
    check: fn(&[u8], &str),
}

include!(concat!(env!("OUT_DIR"), "/decoders.rs"));

fn plain<T: AnchorDeserialize + AnchorSerialize>(data: &[u8], name: &str) {
    let mut rest = data;
    let Ok(value) = T::deserialize(&mut rest) else { return };
    let mut written = Vec::new();
    value.serialize(&mut written).unwrap_or_else(|why| panic!("{name} cannot be written: {why}"));
    assert_eq!(written, data[..data.len() - rest.len()], "{name} has two encodings");
}

fn tagged<T: AccountDeserialize + AccountSerialize + Discriminator>(data: &[u8], name: &str) {
    let data = [T::DISCRIMINATOR, data].concat();
    let mut rest = &data[..];
    let Ok(value) = T::try_deserialize(&mut rest) else { return };
    let mut written = Vec::new();
    value.try_serialize(&mut written).unwrap_or_else(|why| panic!("{name} cannot be written: {why}"));
    assert!(data.starts_with(&written), "{name} has two encodings");
}

/// The first two bytes, little-endian, choose the type.
pub fn check(data: &[u8]) {
    let Some((first, rest)) = data.split_first_chunk() else { return };
    let decoder = &DECODERS[usize::from(u16::from_le_bytes(*first)) % DECODERS.len()];
    (decoder.check)(rest, decoder.name);
}

/// Whole instructions to the programs' own entry points, without accounts: refused, and no panic. The first byte
/// chooses the program.
pub fn dispatch(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    assert!(ENTRIES[usize::from(*first) % ENTRIES.len()](rest), "an instruction without accounts landed");
}
