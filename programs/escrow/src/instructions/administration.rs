use anchor_lang::prelude::*;

use crate::{EscrowError as Refused, emit, state::Config};

include!("../../../administration.rs");
