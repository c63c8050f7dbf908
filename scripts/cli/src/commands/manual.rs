//! `completions`, `man`: what shells and `man` know of the commands.

use std::{fs, io, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    args::Cli,
    error::{Error, Result},
};

/// Writes a completion script to standard output.
pub fn completions(shell: Shell) {
    clap_complete::generate(shell, &mut Cli::command(), "assay", &mut io::stdout());
}

/// Writes a page for each command into a folder.
pub fn pages(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(Error::file("write to", folder))
}
