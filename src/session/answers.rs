//! An answer of the provider that came as a form, sealed for one step on: browsers send no cookies along with a form of
//! another site, so it comes once more, as an address of ours, in which nobody can read it.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::pending::{PendingError, Purpose, Seals};

/// How long the step may take.
const STEP: Duration = Duration::MINUTE;
/// The longest form that fits into an address, in bytes. Providers' codes have one or two thousand at most.
const LONGEST: usize = 5000;

#[derive(Serialize, Deserialize)]
struct Answer {
    form: String,
    came_at: i64,
}

impl Seals {
    /// Seals a form.
    ///
    /// # Errors
    /// When it is too long for an address, or the cipher fails.
    pub fn answer(&self, form: &str, now: OffsetDateTime) -> Result<String, PendingError> {
        if form.len() > LONGEST {
            return Err(PendingError::TooLong);
        }
        let (form, came_at) = (form.to_owned(), now.unix_timestamp());
        self.seal(Purpose::Answer, &Answer { form, came_at })
    }

    /// The form; nothing for a text that is not ours, or is too old.
    #[must_use]
    pub fn answered(&self, sealed: &str, now: OffsetDateTime) -> Option<String> {
        let answer: Answer = self.open(Purpose::Answer, sealed)?;
        let age = now.unix_timestamp() - answer.came_at;
        // It may have come to another replica, whose clock is ahead of this one's.
        (age.abs() < STEP.whole_seconds()).then_some(answer.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_a_minute_and_by_a_clock_that_is_behind() {
        let seals = Seals::new(&["a key of thirty-two bytes or more".into()]).unwrap();
        let came_at = OffsetDateTime::from_unix_timestamp(2_100_000_000).unwrap();
        let sealed = seals.answer("state=x&code=y", came_at).unwrap();
        for (after, counts) in [
            (-60, false),
            (-59, true),
            (0, true),
            (59, true),
            (60, false),
        ] {
            let form = seals.answered(&sealed, came_at + Duration::seconds(after));
            assert_eq!(form.is_some(), counts, "{after}");
        }
    }
}
