use anchor_lang::prelude::*;

use crate::{VerificationError as Refused, emit, state::Config};

include!("../../../administration.rs");
