//! Pictures that an operator puts on pages: told by what is in them, never by a file's name.
//!
//! An SVG is a document. Pages show it by `<img>` alone, where browsers run nothing of it and fetch nothing for it; what
//! would run if somebody opened it by itself is refused here, and kept from running by its own headers.

use std::fmt;

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its media type.
    pub media_type: &'static str,
    /// Its file's content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Picture({}, {} bytes)",
            self.media_type,
            self.bytes.len()
        )
    }
}

/// Why some content is no picture for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Too large.
    #[error("larger than {} KB: people on a telephone wait for it", .0 / 1024)]
    TooLarge(usize),
    /// Of no known kind.
    #[error("neither SVG nor PNG, JPEG or WebP, by what is in it")]
    Unknown,
    /// A document rather than a picture.
    #[error("an SVG with {0} in it: a logo needs none; export it as a plain SVG, or as PNG")]
    Active(&'static str),
}

impl Picture {
    /// A picture of at most so many bytes.
    ///
    /// # Errors
    /// When it is larger, of an unknown kind, or holds what could run.
    pub fn new(bytes: Vec<u8>, largest: usize) -> Result<Self, PictureError> {
        if bytes.len() > largest {
            return Err(PictureError::TooLarge(largest));
        }
        let begins = |with: &[u8]| bytes.starts_with(with);
        let media_type = if begins(b"\x89PNG\r\n\x1a\n") {
            "image/png"
        } else if begins(b"\xff\xd8\xff") {
            "image/jpeg"
        } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            "image/webp"
        } else {
            svg(&bytes)?;
            "image/svg+xml"
        };
        Ok(Self { media_type, bytes })
    }
}

/// Elements that make a document of an SVG, and what they are called. A prefix hides none: any may stand for any namespace.
const ACTIVE_ELEMENTS: [(&str, &str); 5] = [
    ("script", "a script"),
    ("handler", "a script"),
    ("foreignobject", "a part of another language"),
    ("iframe", "a part of another language"),
    ("!entity", "an entity"),
];

fn svg(bytes: &[u8]) -> Result<(), PictureError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PictureError::Unknown)?;
    let text = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_lowercase();
    let head: String = text.chars().take(2048).collect();
    if !text.starts_with('<') || !head.contains("<svg") || head.contains("<html") {
        return Err(PictureError::Unknown);
    }
    if let Some(what) = text.split('<').find_map(active_element) {
        return Err(PictureError::Active(what));
    }
    if text.contains("javascript:") || has_event_handler(&text) {
        return Err(PictureError::Active("a script"));
    }
    Ok(())
}

/// What an element is that could run, by its tag without the `<`.
fn active_element(tag: &str) -> Option<&'static str> {
    let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>'));
    let local = name.take(1).find_map(|name| name.rsplit(':').next())?;
    let known = ACTIVE_ELEMENTS.iter();
    let mut known = known.filter(|(element, _)| local.starts_with(element));
    known.next().map(|(_, what)| *what)
}

/// Whether there is an attribute whose name begins with `on`, as those do whose value runs.
fn has_event_handler(text: &str) -> bool {
    text.match_indices("on").any(|(at, on)| {
        let (before, after) = text.split_at(at);
        let begins =
            !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'));
        let after = after.trim_start_matches(on);
        let behind = after.trim_start_matches(|c: char| c.is_ascii_lowercase());
        begins && behind.len() < after.len() && behind.trim_start().starts_with('=')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: usize = 64 * 1024;

    fn told(bytes: &[u8]) -> Result<&'static str, PictureError> {
        Picture::new(bytes.to_vec(), LARGEST).map(|picture| picture.media_type)
    }

    #[test]
    fn a_picture_is_told_by_what_is_in_it() {
        assert_eq!(told(b"\x89PNG\r\n\x1a\n..."), Ok("image/png"));
        assert_eq!(told(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Ok("image/webp"));
        assert_eq!(told(b"\xff\xd8\xff\xe0"), Ok("image/jpeg"));
        let svg = "\u{feff}<?xml version=\"1.0\"?>\n<!-- made on=Monday --><svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        assert_eq!(told(svg.as_bytes()), Ok("image/svg+xml"));
        for other in [
            "",
            "GIF89a",
            "<html><svg></svg></html>",
            "svg",
            "<p>",
            "RIFF1234WAVE",
        ] {
            assert_eq!(
                told(other.as_bytes()),
                Err(PictureError::Unknown),
                "{other}"
            );
        }
        assert_eq!(told(b"\xff<svg"), Err(PictureError::Unknown));
        let large = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; LARGEST]].concat();
        assert_eq!(told(&large), Err(PictureError::TooLarge(LARGEST)));
    }

    #[test]
    fn an_svg_in_which_something_could_run_is_refused() {
        for inner in [
            "<script>alert(1)</script>",
            "<SCRIPT href='x'/>",
            "<svg:script/>",
            "<x:script xmlns:x='http://www.w3.org/2000/svg'>alert(1)</x:script>",
            "<x:foreignObject/>",
            "<foreignObject><p/></foreignObject>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<rect onclick=\"x()\"/>",
            "<rect\nonLoad = 'x()'/>",
            "<rect width='1'onmouseover='x()'/>",
            "<set attributename='x' to='y' onbegin='x()'/>",
        ] {
            let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{inner}</svg>");
            assert!(
                matches!(told(svg.as_bytes()), Err(PictureError::Active(_))),
                "{inner}"
            );
        }
        let entity = "<!DOCTYPE svg [<!ENTITY x 'y'>]><svg>&x;</svg>";
        assert!(matches!(
            told(entity.as_bytes()),
            Err(PictureError::Active(_))
        ));
    }
}
