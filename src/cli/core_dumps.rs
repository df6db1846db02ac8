//! A crash leaves no secrets on the disk.

/// Forbids core dumps of this process, and other processes of its user to read its memory, environment and open files
/// in `/proc` (`PR_SET_DUMPABLE`, prctl(2)). Only Linux has this; elsewhere, nothing happens.
///
/// # Errors
/// When the kernel refuses.
pub fn forbid() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}
