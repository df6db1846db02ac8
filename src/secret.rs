//! Secrets on their way in: files, read into memory that is zeroed when nobody needs it any more.
//!
//! From here on every secret has a type that zeroes it: [`Zeroizing`] as long as it is text of a configuration,
//! `secrecy`'s once it is known for a secret. The keys that are made of them zero themselves: aws-lc-rs's (HMAC, AES-GCM,
//! RSA) and jsonwebtoken's (`EncodingKey`, `DecodingKey`).
//!
//! Out of our hands are the copies of others, for which there is `PR_SET_DUMPABLE` (`cli/core_dumps.rs`) alone:
//!
//! - The environment of the process stays where the kernel has put it. To overwrite it takes `unsafe`.
//! - toml builds the text of a string with escapes piece by piece, and leaves the pieces; and of a text that is not TOML,
//!   its error holds all, and frees it.
//! - jsonwebtoken takes a PEM file apart in memory that it only frees; what it keeps of it is zeroed. aws-lc-rs's digests
//!   and HMAC tags, from which keys are drawn, are values that nobody zeroes.
//! - fred keeps Redis's address and password for as long as it may have to connect again, reqwest the client's secret, in a
//!   header or a form, for as long as it speaks to the provider; TLS and the kernel have their buffers.
//! - What is signed with or sent is in the token, the form or the assertion, and goes where those go.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

use zeroize::Zeroizing;

/// The longest file, in bytes: nothing that is configured is longer.
const LONGEST: usize = 16 * 1024 * 1024;
/// How much is read at first of a file that does not say how long it is.
const FIRST: usize = 4096;

/// A file's content.
///
/// # Errors
/// When it cannot be read, or is longer than 16 MB.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    let said = usize::try_from(file.metadata()?.len()).unwrap_or(LONGEST);
    // One more than it says, so that the end is found without growing.
    let mut content = zeroes(said.saturating_add(1).clamp(FIRST, LONGEST + 1));
    let mut length = 0;
    loop {
        let free = content.get_mut(length..).unwrap_or_default();
        if free.is_empty() {
            if length > LONGEST {
                return Err(Error::new(ErrorKind::FileTooLarge, "longer than 16 MB"));
            }
            // A vector that grows by itself would leave what it held behind.
            let mut longer = zeroes((2 * length).min(LONGEST + 1));
            if let Some(beginning) = longer.get_mut(..length) {
                beginning.copy_from_slice(&content);
            }
            content = longer;
            continue;
        }
        match file.read(free) {
            Ok(0) => break,
            Ok(some) => length += some,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    content.truncate(length);
    Ok(content)
}

/// A file's text.
///
/// # Errors
/// When it cannot be read, is longer than 16 MB, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<Zeroizing<String>> {
    text(&read(path)?)
}

/// Some bytes as text.
///
/// # Errors
/// When they are not UTF-8.
pub fn text(bytes: &[u8]) -> Result<Zeroizing<String>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Error::new(ErrorKind::InvalidData, "not text in UTF-8")),
    }
}

fn zeroes(length: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; length])
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_that_does_not_say_how_long_it_is_is_read_whole() {
        let (from, mut to) = std::io::pipe().unwrap();
        let sent: Vec<u8> = (0..10_000_u32).flat_map(u32::to_be_bytes).collect();
        let copy = sent.clone();
        let writer = std::thread::spawn(move || to.write_all(&copy));
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&from));
        let read = read(Path::new(&path)).unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(*read, sent);
    }

    #[test]
    fn a_file_without_an_end_is_refused() {
        let error = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    }
}
