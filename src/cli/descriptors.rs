//! Open files, of which each connection is one: as many as the system allows.

/// Raises the soft limit of open files to the hard one, and gives the most connections that should then be accepted:
/// half of it, since each may make the bridge ask the provider and the session store. Nothing where there is no limit.
pub fn raise_and_bound_connections() -> Option<usize> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        let files = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit.maximum,
            Err(_) => limit.current,
        };
        files.map(|files| usize::try_from(files / 2).unwrap_or(usize::MAX))
    }
    #[cfg(not(target_os = "linux"))]
    None
}
