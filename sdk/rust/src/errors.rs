//! Program errors by their number: what went wrong and what to do, from the committed IDLs.

use std::{collections::HashMap, sync::LazyLock};

use anchor_lang_idl_spec::Idl;

use crate::decode;

/// A program's own error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError {
    /// 6000 and up; unique among the programs.
    pub code: u32,
    /// Its name, for instance `NotEligible`.
    pub name: String,
    /// What to do about it.
    pub message: String,
}

static ERRORS: LazyLock<HashMap<u32, ProgramError>> = LazyLock::new(|| {
    // A test of this module reads every IDL, so none is skipped here unseen.
    let idls = decode::IDLS.iter().filter_map(|text| serde_json::from_str::<Idl>(text).ok());
    let errors = idls.flat_map(|idl| idl.errors).map(|error| {
        let message = error.msg.unwrap_or_default();
        (error.code, ProgramError { code: error.code, name: error.name, message })
    });
    errors.collect()
});

/// The error with this number, if it is one of Assay's.
pub fn lookup(code: u32) -> Option<&'static ProgramError> {
    ERRORS.get(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_programs_own() {
        let error = lookup(assay_escrow::EscrowError::NotEligible.into()).unwrap();
        assert_eq!((error.code, error.name.as_str()), (6315, "NotEligible"));
        assert_eq!(lookup(6402).unwrap().name, "NotOperator");
        assert_eq!(lookup(1), None);
    }
}
