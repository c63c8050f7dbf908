//! What the programs' instructions and their accounts are called, from the committed IDLs.

use std::{collections::HashMap, sync::LazyLock};

use anchor_lang::prelude::Pubkey;
use anchor_lang_idl_spec::{Idl, IdlInstructionAccountItem};

use crate::decode;

/// An instruction as its IDL has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Address of its program.
    pub id: Pubkey,
    /// Short name of its program: `escrow`.
    pub program: String,
    /// Its own name: `post_job`.
    pub name: String,
    /// Names of its accounts, in order; further ones have none.
    pub accounts: Vec<String>,
}

static KNOWN: LazyLock<HashMap<(Pubkey, Vec<u8>), Known>> = LazyLock::new(|| {
    // A test of this module reads every IDL, so none is skipped here unseen.
    decode::IDLS.iter().filter_map(|text| serde_json::from_str::<Idl>(text).ok()).flat_map(of).collect()
});

fn of(idl: Idl) -> Vec<((Pubkey, Vec<u8>), Known)> {
    let Ok(id) = idl.address.parse::<Pubkey>() else { return vec![] };
    let program = idl.metadata.name.trim_start_matches("assay_").to_owned();
    let account = |item: IdlInstructionAccountItem| match item {
        IdlInstructionAccountItem::Single(one) => one.name,
        IdlInstructionAccountItem::Composite(many) => many.name,
    };
    let known = |ix: anchor_lang_idl_spec::IdlInstruction| {
        let accounts = ix.accounts.into_iter().map(account).collect();
        ((id, ix.discriminator), Known { id, program: program.clone(), name: ix.name, accounts })
    };
    idl.instructions.into_iter().map(known).collect()
}

/// The instruction that data of this program begins, if it is one of Assay's.
pub fn lookup(program: &Pubkey, data: &[u8]) -> Option<&'static Known> {
    KNOWN.get(&(*program, data.get(..8)?.to_vec()))
}

/// Every instruction of every program, by program and name.
pub fn all() -> Vec<&'static Known> {
    let mut all: Vec<_> = KNOWN.values().collect();
    all.sort_by_key(|known| (&known.program, &known.name));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_of_every_idl_is_known_by_what_a_builder_makes() {
        let in_idls: usize = decode::IDLS
            .iter()
            .map(|text| {
                serde_json::from_str::<serde_json::Value>(text).unwrap()["instructions"].as_array().unwrap().len()
            })
            .sum();
        assert_eq!(all().len(), in_idls);
        let refund = crate::ix::staking::stake(&Pubkey::default(), 5);
        let known = lookup(&refund.program_id, &refund.data).unwrap();
        assert_eq!((known.program.as_str(), known.name.as_str()), ("staking", "stake"));
        assert_eq!((known.accounts[0].as_str(), known.accounts.len()), ("owner", refund.accounts.len()));
        assert_eq!(lookup(&Pubkey::default(), &refund.data), None);
        assert_eq!(lookup(&refund.program_id, &[1, 2]), None);
    }
}
