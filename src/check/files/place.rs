//! Where something stands in a file.

use std::fmt;
use std::rc::Rc;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was given.
    pub file: Rc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// It.
    pub it: T,
    /// Its place.
    pub place: Place,
}

impl<T> Placed<T> {
    /// Something else at the same place.
    pub fn with<U>(&self, it: U) -> Placed<U> {
        let place = self.place.clone();
        Placed { it, place }
    }
}
