//! A file being written, which goes away again unless all went well.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

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

    /// The bridge seldom runs as root; whoever has the folder shall be able to read what root puts there.
    pub fn give_to_owner_of_folder(&self) -> Option<String> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let (folder, file) = (std::fs::metadata(folder).ok()?, self.file.metadata().ok()?);
        if folder.uid() == file.uid()
            || chown(&self.path, Some(folder.uid()), Some(folder.gid())).is_ok()
        {
            return None;
        }
        (file.permissions().mode() & 0o044 == 0).then(|| {
            format!(
                "{} belongs to user {}, and its folder to user {}: make sure that the bridge can read it",
                self.path.display(),
                file.uid(),
                folder.uid()
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
