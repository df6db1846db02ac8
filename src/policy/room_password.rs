//! A room's password: a secret that travels in moderators' tokens and nowhere else.

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::identity::claims::clean;

/// The password that a room gets (`context.room.password`).
#[derive(Debug, Clone)]
pub struct RoomPassword(SecretString);

/// Characters that cannot travel in XMPP, or that nobody could type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a room's password cannot have control or invisible characters, nor spaces at an end or in a row"
)]
pub struct RoomPasswordError;

impl RoomPassword {
    /// A password that people can type and XMPP can carry.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn new(secret: SecretString) -> Result<Self, RoomPasswordError> {
        let cleaned = Zeroizing::new(clean(secret.expose_secret()));
        if *cleaned == secret.expose_secret() {
            Ok(Self(secret))
        } else {
            Err(RoomPasswordError)
        }
    }

    /// The password itself, for the token.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for RoomPassword {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(
            self.expose().as_bytes(),
            other.expose().as_bytes(),
        )
        .is_ok()
    }
}

impl Eq for RoomPassword {}
