use anchor_lang::{Discriminator, prelude::*, solana_program::instruction::AccountMeta};
use solana_sha256_hasher::hashv;

use super::AUTHORITY;
use crate::{GovernanceError, instruction};

/// Most actions of a proposal.
pub const MAX_ACTIONS: u8 = 8;
/// Most accounts of an action; what one transaction can carry.
pub const MAX_ACCOUNTS: usize = 24;
/// Most bytes of an action's data; what one transaction can carry.
pub const MAX_DATA: usize = 700;

/// An account of an action.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionAccount {
    pub address: Pubkey,
    /// Signs: [`AUTHORITY`] through this program, anybody else by signing the transaction that executes the action.
    pub signer: bool,
    pub writable: bool,
}

/// An instruction that a proposal would run.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug, PartialEq, Eq)]
pub struct ActionTerms {
    pub program: Pubkey,
    #[max_len(0)]
    pub accounts: Vec<ActionAccount>,
    #[max_len(0)]
    pub data: Vec<u8>,
}

/// One instruction of a proposal, at `["action", proposal, index]`. Written once, never changed.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Action {
    pub version: u8,
    pub bump: u8,
    pub proposal: Pubkey,
    pub index: u8,
    pub terms: ActionTerms,
}

impl Action {
    /// Bytes of the account.
    pub fn space(terms: &ActionTerms) -> usize {
        let accounts = terms.accounts.len().saturating_mul(ActionAccount::INIT_SPACE);
        8_usize.saturating_add(Self::INIT_SPACE).saturating_add(accounts).saturating_add(terms.data.len())
    }
}

impl ActionTerms {
    /// What may be proposed at all: of bounded size; of this program only its administration, so that an action cannot
    /// execute, vote or close; of staking not `lock_position`, which would let a majority bind the stake of others.
    pub fn validate(&self) -> Result<()> {
        require!(self.accounts.len() <= MAX_ACCOUNTS && self.data.len() <= MAX_DATA, GovernanceError::TooLarge);
        let forbidden = if self.program == crate::ID {
            !self.is_one_of(ADMINISTRATION)
        } else {
            self.program == assay_staking::ID
                && self.is_one_of(&[assay_staking::instruction::LockPosition::DISCRIMINATOR])
        };
        require!(!forbidden, GovernanceError::ForbiddenAction);
        Ok(())
    }

    /// Whether this is about the guardian or the pause of this program: no veto and no pause stops such an action, or a
    /// guardian could not be replaced against its will.
    pub fn is_rescue(&self) -> bool {
        self.program == crate::ID && self.is_one_of(RESCUE)
    }

    fn is_one_of(&self, discriminators: &[&[u8]]) -> bool {
        discriminators.iter().any(|discriminator| self.data.starts_with(discriminator))
    }

    /// The hash of a list of actions, one longer: what a vote names, so that it counts for these actions only.
    pub fn append_to(&self, hash: [u8; 32]) -> Result<[u8; 32]> {
        let mut bytes = Vec::with_capacity(Action::space(self));
        self.serialize(&mut bytes)?;
        Ok(hashv(&[b"assay:action", &hash, &bytes]).to_bytes())
    }

    /// Accounts that sign and are not [`AUTHORITY`].
    pub fn cosigners(&self) -> usize {
        self.accounts.iter().filter(|account| account.signer && account.address != AUTHORITY).count()
    }

    /// The accounts as an instruction has them. [`AUTHORITY`] signs wherever it is told to.
    pub fn metas(&self) -> Vec<AccountMeta> {
        let meta = |account: &ActionAccount| AccountMeta {
            pubkey: account.address,
            is_signer: account.signer,
            is_writable: account.writable,
        };
        self.accounts.iter().map(meta).collect()
    }
}

const ADMINISTRATION: &[&[u8]] = &[
    instruction::SetParams::DISCRIMINATOR,
    instruction::ProposeAuthority::DISCRIMINATOR,
    instruction::AcceptAuthority::DISCRIMINATOR,
    instruction::SetGuardian::DISCRIMINATOR,
    instruction::SetPaused::DISCRIMINATOR,
];

const RESCUE: &[&[u8]] = &[instruction::SetGuardian::DISCRIMINATOR, instruction::SetPaused::DISCRIMINATOR];

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(program: Pubkey, data: &[u8]) -> ActionTerms {
        ActionTerms { program, accounts: vec![], data: data.to_vec() }
    }

    #[test]
    fn of_governance_only_its_administration() {
        for allowed in ADMINISTRATION {
            assert!(terms(crate::ID, allowed).validate().is_ok());
        }
        let refused: [&[u8]; 13] = [
            instruction::Initialize::DISCRIMINATOR,
            instruction::Propose::DISCRIMINATOR,
            instruction::AddAction::DISCRIMINATOR,
            instruction::StartVote::DISCRIMINATOR,
            instruction::Vote::DISCRIMINATOR,
            instruction::FinishVote::DISCRIMINATOR,
            instruction::Execute::DISCRIMINATOR,
            instruction::Veto::DISCRIMINATOR,
            instruction::Cancel::DISCRIMINATOR,
            instruction::CloseAction::DISCRIMINATOR,
            instruction::CloseProposal::DISCRIMINATOR,
            // An event that was never.
            &[0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d],
            &[],
        ];
        for data in refused {
            assert!(terms(crate::ID, data).validate().is_err());
        }
    }

    #[test]
    fn nobody_elses_position_is_bound() {
        let lock = assay_staking::instruction::LockPosition::DISCRIMINATOR;
        assert!(terms(assay_staking::ID, lock).validate().is_err());
        assert!(terms(assay_staking::ID, &lock[..7]).validate().is_ok(), "it is no instruction, and fails by itself");
    }

    #[test]
    fn sizes() {
        let mut large = terms(Pubkey::default(), &[0; MAX_DATA]);
        assert!(large.validate().is_ok());
        large.data.push(0);
        assert!(large.validate().is_err());
        let account = ActionAccount { address: AUTHORITY, signer: true, writable: true };
        let mut many = ActionTerms { accounts: vec![account; MAX_ACCOUNTS], ..terms(Pubkey::default(), &[]) };
        assert!(many.validate().is_ok());
        many.accounts.push(account);
        assert!(many.validate().is_err());
        let mut bytes = vec![];
        let action = Action { version: 1, bump: 2, proposal: AUTHORITY, index: 3, terms: many };
        action.serialize(&mut bytes).unwrap();
        assert_eq!(Action::space(&action.terms), 8 + bytes.len());
    }

    #[test]
    fn the_hash_knows_order_and_content() {
        let [a, b] = [terms(AUTHORITY, &[1]), terms(AUTHORITY, &[2])];
        let two = |x: &ActionTerms, y: &ActionTerms| y.append_to(x.append_to([0; 32]).unwrap()).unwrap();
        assert_ne!(two(&a, &b), two(&b, &a));
        assert_ne!(two(&a, &b), b.append_to([0; 32]).unwrap());
        assert_ne!(a.append_to([0; 32]).unwrap(), b.append_to([0; 32]).unwrap());
    }
}
