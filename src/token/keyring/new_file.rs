//! A file being written, which goes away again unless all went well.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::PathBuf;

use super::generate::GenerateError;

/// A file being written, which goes away again unless it is kept.
pub struct NewFile {
    /// Where.
    pub path: PathBuf,
    file: File,
    kept: bool,
}

impl NewFile {
    /// Creates it; it must not be there.
    pub fn create(path: PathBuf, mode: u32) -> Result<Self, GenerateError> {
        let created = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path);
        match created {
            Ok(file) => Ok(Self {
                path,
                file,
                kept: false,
            }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(GenerateError::AtWork(path))
            }
            Err(error) => Err(GenerateError::Write(path, error)),
        }
    }

    /// Writes it, down to the disk.
    pub fn write(&mut self, text: &str) -> Result<(), GenerateError> {
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_all());
        written.map_err(|error| GenerateError::Write(self.path.clone(), error))
    }

    /// Gives it to whoever has this; says so when that fails and nobody else can read it. The bridge seldom runs as root,
    /// and shall be able to read what root makes.
    pub fn give_to_owner_of(&self, model: &Metadata) -> Option<String> {
        let file = self.file.metadata().ok()?;
        let (user, group) = (model.uid(), model.gid());
        let is_theirs = file.uid() == user && file.gid() == group;
        if is_theirs || chown(&self.path, Some(user), Some(group)).is_ok() {
            return None;
        }
        (file.uid() != user && file.mode() & 0o044 == 0).then(|| {
            format!(
                "{} belongs to user {}, and the keyring or its folder to user {user}: make sure that the bridge can read it",
                self.path.display(),
                file.uid(),
            )
        })
    }

    /// It stays.
    pub fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
