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
// Nothing in the program reads it, and an unused static would not be linked.
#[cfg(not(feature = "no-entrypoint"))]
#[used]
static SECURITY: &str = SECURITY_TXT;
