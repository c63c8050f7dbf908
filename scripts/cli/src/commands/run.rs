//! Commands that are programs of their own.

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::{Error, Result};

/// The program behind `assay localnet`.
pub const LOCALNET: &str = "assay-localnet";
/// The program behind `assay operator run`.
pub const NODE: &str = "assay-node";

/// The program that this command line is for, and its arguments.
pub fn passed_through(args: impl Iterator<Item = OsString>) -> Option<(&'static str, Vec<OsString>)> {
    let args: Vec<_> = args.collect();
    match args.as_slice() {
        [first, rest @ ..] if first == "localnet" => Some((LOCALNET, rest.to_vec())),
        [first, second, rest @ ..] if first == "operator" && second == "run" => Some((NODE, rest.to_vec())),
        _ => None,
    }
}

/// Becomes the program `name`; returns only if that fails.
pub fn exec(name: &str, args: &[OsString]) -> Result<()> {
    let path = sibling(name)?;
    let source = Command::new(&path).args(args).exec();
    Err(Error::File { action: "run", path, source })
}

/// In `ASSAY_BIN_DIR` if set, else beside the running executable.
pub fn sibling(name: &str) -> Result<PathBuf> {
    let folder = match std::env::var_os("ASSAY_BIN_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let me = std::env::current_exe().map_err(Error::file("find", "the running executable"))?;
            me.parent().unwrap_or(Path::new(".")).to_owned()
        }
    };
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Refused(format!(
        "there is no {name} in {}: build it with `cargo build -p {name}`, or say where it is with ASSAY_BIN_DIR",
        folder.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<(&'static str, Vec<OsString>)> {
        passed_through(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn all_arguments_go_to_the_program() {
        let args = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(parse("localnet --help -u x"), Some((LOCALNET, args("--help -u x"))));
        assert_eq!(parse("operator run --keypair k.json"), Some((NODE, args("--keypair k.json"))));
        assert_eq!(parse("operator --help"), None);
        assert_eq!(parse("job localnet"), None);
    }
}
