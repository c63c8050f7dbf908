// What a researcher finds in the deployed program, by https://github.com/neodyme-labs/solana-security-txt. Included by each
// program's lib.rs, where no other program has it inside. No revision: the build must not depend on the commit.
#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: env!("CARGO_PKG_NAME"),
    project_url: env!("CARGO_PKG_REPOSITORY"),
    contacts: concat!("link:", env!("CARGO_PKG_REPOSITORY"), "/security/advisories/new"),
    policy: concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/SECURITY.md"),
    preferred_languages: "en",
    source_code: env!("CARGO_PKG_REPOSITORY"),
    source_release: env!("CARGO_PKG_VERSION"),
    auditors: "None"
}

/// Keeps the text in the binary: our linker drops what no code refers to, `#[used]` or not. Called once in each program, by
/// an instruction that is seldom used.
pub(crate) fn keep_security_txt() {
    #[cfg(not(feature = "no-entrypoint"))]
    std::hint::black_box(SECURITY_TXT.as_ptr());
}
