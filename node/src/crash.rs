//! Where a node may die, each of which a test has it die at: `ASSAY_NODE_DIE_AT` names a folder, and whoever comes to a step
//! after which a file there is named takes the file away and is gone at once, as by kill -9: nothing is unwound, flushed
//! or dropped. Release builds know nothing of it.

/// Every step, by what is done and how far it is: written down, sent, confirmed by the chain, noted as confirmed.
pub const STEPS: &[&str] = &[
    "claim.sent",
    "claim.confirmed",
    "whole.computed",
    "whole.recorded",
    "drawn.computed",
    "drawn.recorded",
    "seal.written",
    "seal.sent",
    "seal.confirmed",
    "seal.noted",
    "reveal.written",
    "reveal.sent",
    "reveal.confirmed",
    "reveal.noted",
    "leaves.sent",
    "leaves.confirmed",
    "leaves.noted",
    "deliver.written",
    "deliver.sent",
    "deliver.confirmed",
    "deliver.noted",
    "prove.written",
    "prove.sent",
    "prove.confirmed",
    "prove.noted",
    "attest.written",
    "attest.sent",
    "attest.confirmed",
    "attest.noted",
    "join.sent",
    "join.confirmed",
    "judge.computed",
    "judge.written",
    "judge.sent",
    "judge.confirmed",
    "judge.noted",
    "vote.written",
    "vote.sent",
    "vote.confirmed",
    "vote.noted",
    "hand-over.begun",
    "hand-over.taken",
    "hand-over.noted",
    "settle.sent",
    "settle.confirmed",
    "forget.begun",
    "forget.half",
    "forget.done",
];

/// Die here, if a test wants it.
#[cfg(debug_assertions)]
pub fn point(what: &str, how_far: &str) {
    let Some(folder) = std::env::var_os("ASSAY_NODE_DIE_AT") else { return };
    let step = format!("{what}.{how_far}");
    // Of several nodes, one takes the file.
    if std::fs::remove_file(std::path::Path::new(&folder).join(&step)).is_ok() {
        eprintln!("dying at {step}");
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub fn point(_: &str, _: &str) {}
