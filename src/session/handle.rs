//! What people may quote of a session, to a help desk say.

use aws_lc_rs::digest;

/// How many bytes of the digest a handle holds: few enough to be read out, many enough to tell the sessions of a company
/// from one another.
const BYTES: usize = 6;

/// The handle of a session: twelve hexadecimal digits in three groups, such as `3f1c-9a07-be42`.
///
/// The first six bytes of the SHA-256 digest of `session handle`, a line feed, and the session's id as its cookie has it
/// (`Id`'s `Display`). Whoever reads the store finds the session by it; nobody finds the id, of 128 random bits, by the
/// handle.
#[must_use]
pub fn handle(session_id: &str) -> String {
    let digest = digest::digest(
        &digest::SHA256,
        format!("session handle\n{session_id}").as_bytes(),
    );
    let first = digest.as_ref().iter().take(BYTES);
    let number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let [high, middle, low] = [32, 16, 0].map(|bits| number >> bits & 0xffff);
    format!("{high:04x}-{middle:04x}-{low:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_short_and_the_same_for_ever() {
        // printf 'session handle\nAAAAAAAAAAAAAAAAAAAAAA' | sha256sum
        assert_eq!(handle("AAAAAAAAAAAAAAAAAAAAAA"), "208e-63e3-6356");
        assert_ne!(
            handle("AAAAAAAAAAAAAAAAAAAAAA"),
            handle("AAAAAAAAAAAAAAAAAAAAAB")
        );
    }
}
