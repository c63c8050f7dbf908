//! Who governs a program: the same in each.

use anchor_lang::prelude::Pubkey;

use super::{Verdict, require};

/// What every Config begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin {
    pub authority: Pubkey,
    /// The default key is nobody.
    pub pending: Pubkey,
    /// The default key is nobody.
    pub guardian: Pubkey,
    pub paused: bool,
}

impl Admin {
    pub fn new(authority: Pubkey) -> Self {
        Self { authority, pending: Pubkey::default(), guardian: Pubkey::default(), paused: false }
    }

    /// Whether `who` may pause.
    pub fn guards(&self, who: &Pubkey) -> bool {
        *who == self.authority || self.is_guardian(who)
    }

    /// Whether `who` is the guardian; nobody is where there is none.
    pub fn is_guardian(&self, who: &Pubkey) -> bool {
        self.guardian != Pubkey::default() && *who == self.guardian
    }

    /// Refuse an entry while paused.
    pub fn running(&self, paused: impl Into<u32>) -> Verdict {
        require(!self.paused, paused)
    }
}
