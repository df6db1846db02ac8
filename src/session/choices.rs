//! What a page for the choice of a provider carries in its form: where the sign-in is to lead, sealed.

use serde::{Deserialize, Serialize};

use super::pending::{PendingError, Purpose, Seals};
use crate::meeting::Destination;

#[derive(Serialize, Deserialize)]
struct Choice {
    destination: Destination,
    prompt: Option<String>,
}

impl Seals {
    /// A sealed destination, and the `prompt` that goes with it.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn choice(
        &self,
        destination: &Destination,
        prompt: Option<&str>,
    ) -> Result<String, PendingError> {
        let choice = Choice {
            destination: destination.clone(),
            prompt: prompt.map(str::to_owned),
        };
        self.seal(Purpose::Choice, &choice)
    }

    /// What was sealed; nothing for a text that is not ours.
    #[must_use]
    pub fn chosen(&self, sealed: &str) -> Option<(Destination, Option<String>)> {
        let choice: Choice = self.open(Purpose::Choice, sealed)?;
        Some((choice.destination, choice.prompt))
    }
}
