//! Why a unit did not give a result.

/// Why a program cannot be run, or a unit gave no result. Each has a number that stays the same for ever, for logs,
/// metrics and support.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The program is no WebAssembly module, or uses proposals outside the pinned set.
    #[error("R01 not wasm: {0}; build the program with `--target wasm32-wasip1` and post its .wasm file")]
    NotWasm(String),
    /// The module has no `_start` function.
    #[error("R02 no `_start`: the program is a library; build it as a command (a `main`, not a `cdylib`)")]
    NoStart,
    /// The module imports something that units do not get.
    #[error("R03 import refused: `{module}`.`{name}`; units get wasi_snapshot_preview1 without sockets, nothing else")]
    ImportRefused {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// The unit used its fuel up.
    #[error(
        "R04 out of fuel: the unit used its {fuel} fuel; raise `limits.fuel`, split the job into more units or mend an endless loop"
    )]
    OutOfFuel {
        /// `limits.fuel`.
        fuel: u64,
    },
    /// The unit asked for more memory than it may have.
    #[error(
        "R05 out of memory: the unit asked for {asked_mib} MiB of {limit_mib}; raise `limits.memory_mib` or split the job into more units"
    )]
    OutOfMemory {
        /// What it asked for, in MiB, rounded up.
        asked_mib: u64,
        /// `limits.memory_mib`.
        limit_mib: u32,
    },
    /// The unit asked for a larger function table than it may have.
    #[error(
        "R06 table too large: the unit asked for {asked} elements of {limit}; the program has too many function pointers"
    )]
    TableTooLarge {
        /// Elements asked for.
        asked: u64,
        /// The most there may be.
        limit: u64,
    },
    /// The unit wrote more than it may.
    #[error("R07 output too large: the unit wrote more than {limit} bytes; raise `limits.output_bytes` or write less")]
    OutputTooLarge {
        /// `limits.output_bytes`.
        limit: u64,
    },
    /// The unit stopped at a trap.
    #[error(
        "R08 trapped: {cause}; run the program on this unit's arguments with any WASI runtime to find the bug. stderr: {stderr:?}"
    )]
    Trapped {
        /// The trap's name.
        cause: String,
        /// What the unit wrote to standard error.
        stderr: String,
    },
    /// The unit ended with another exit code than 0.
    #[error("R09 exit code {code}: the unit gave up; its stderr may say why: {stderr:?}")]
    ExitCode {
        /// The code.
        code: i32,
        /// What the unit wrote to standard error.
        stderr: String,
    },
    /// The host ran out of something or is broken; another host may well compute the unit.
    #[error("R10 host failure: {0}; this machine could not run the unit, lower the number of jobs it takes at once")]
    Host(String),
    /// The unit spent far longer in calls to the host than its fuel should take.
    #[error("R11 too slow: the unit ran for {seconds} s; it abuses calls to the host, or this machine is overloaded")]
    TooSlow {
        /// The deadline, in seconds.
        seconds: u64,
    },
    /// The program is made so that compiling it could take for ever.
    #[error(
        "R12 too complex: {found} {what}, at most {limit} are compiled; split the program, or optimise it for size"
    )]
    TooComplex {
        /// What there is too much of.
        what: &'static str,
        /// How much of it.
        found: u64,
        /// The most there may be.
        limit: u64,
    },
    /// Nobody wants the unit any more.
    #[error("R13 stopped: the job was cancelled; nothing is to be done")]
    Stopped,
    /// The program is no image that is run here.
    #[error("R20 image refused: {0}; see docs/engines.md for how to make an archive of one image")]
    BadImage(String),
    /// The circuit, the server key or a ciphertext is none, or they do not fit each other.
    #[error("R21 encrypted job refused: {0}")]
    Encrypted(String),
    /// This node does not offer the job's engine.
    #[error("R22 no engine `{0}` here: start the node with `--engines` naming it, or leave the job to others")]
    EngineOff(&'static str),
}

impl RuntimeError {
    /// The error's number: the one at the start of its message.
    pub fn number(&self) -> u8 {
        match self {
            Self::NotWasm(_) => 1,
            Self::NoStart => 2,
            Self::ImportRefused { .. } => 3,
            Self::OutOfFuel { .. } => 4,
            Self::OutOfMemory { .. } => 5,
            Self::TableTooLarge { .. } => 6,
            Self::OutputTooLarge { .. } => 7,
            Self::Trapped { .. } => 8,
            Self::ExitCode { .. } => 9,
            Self::Host(_) => 10,
            Self::TooSlow { .. } => 11,
            Self::TooComplex { .. } => 12,
            Self::Stopped => 13,
            Self::BadImage(_) => 20,
            Self::Encrypted(_) => 21,
            Self::EngineOff(_) => 22,
        }
    }

    /// Whether the job itself is at fault, so that trying again here or elsewhere is in vain.
    pub fn is_deterministic(&self) -> bool {
        !matches!(self, Self::Host(_) | Self::TooSlow { .. } | Self::Stopped | Self::EngineOff(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_start_with_the_number() {
        let all = [
            RuntimeError::NotWasm(String::new()),
            RuntimeError::NoStart,
            RuntimeError::ImportRefused { module: String::new(), name: String::new() },
            RuntimeError::OutOfFuel { fuel: 1 },
            RuntimeError::OutOfMemory { asked_mib: 1, limit_mib: 1 },
            RuntimeError::TableTooLarge { asked: 1, limit: 1 },
            RuntimeError::OutputTooLarge { limit: 1 },
            RuntimeError::Trapped { cause: String::new(), stderr: String::new() },
            RuntimeError::ExitCode { code: 1, stderr: String::new() },
            RuntimeError::Host(String::new()),
            RuntimeError::TooSlow { seconds: 1 },
            RuntimeError::TooComplex { what: "tables", found: 9, limit: 8 },
            RuntimeError::Stopped,
        ];
        for (at, error) in (1..).zip(&all) {
            assert_eq!(error.number(), at);
            assert!(error.to_string().starts_with(&format!("R{at:02} ")), "{error}");
            assert_eq!(error.is_deterministic(), ![10, 11, 13].contains(&at), "{error}");
        }
        let others = [
            RuntimeError::BadImage(String::new()),
            RuntimeError::Encrypted(String::new()),
            RuntimeError::EngineOff("oci"),
        ];
        for (at, error) in (20..).zip(&others) {
            assert_eq!(error.number(), at);
            assert!(error.to_string().starts_with(&format!("R{at:02} ")), "{error}");
            assert_eq!(error.is_deterministic(), at < 22);
        }
    }
}
