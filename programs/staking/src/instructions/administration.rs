use anchor_lang::prelude::*;

use crate::{StakingError as Refused, emit, state::Config};

include!("../../../administration.rs");
