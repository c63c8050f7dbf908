use anchor_lang::prelude::*;

use crate::{GovernanceError as Refused, emit, state::Config};

include!("../../../administration.rs");
