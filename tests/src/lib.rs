//! What Assay's cross-crate tests share: a [`world`] with the six built programs in LiteSVM, the [`attack`] matrix,
//! and committed [`table`]s of expected results.
//!
//! The programs under test are the committed `programs/deploy/*.so`, so a test shows what is deployed.
//!
//! Signatures are not checked here, `is_signer` flags are: what a program sees is the flag, and so an instruction that
//! only another program's PDA may sign can be tested as well as any. Verifying signatures is the runtime's business.

pub mod attack;
pub mod auction;
pub mod cases;
pub mod chain;
pub mod governance;
pub mod idl;
pub mod invariants;
pub mod market;
pub mod sampled;
pub mod staking;
pub mod table;
pub mod world;

pub use assay_sdk;
pub use chain::{Chain, Event, Failure, Receipt, Usage};
pub use world::World;
