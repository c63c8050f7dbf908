use anchor_lang::prelude::*;

use crate::{TokenError as Refused, emit, state::Config};

include!("../../../administration.rs");
