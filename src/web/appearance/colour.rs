//! Colours, as CSS writes them, and how well one is read on another (WCAG 2.2, "contrast ratio").

use std::fmt;

/// An opaque colour of the sRGB space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Red, green and blue.
    pub channels: [u8; 3],
}

impl Colour {
    /// White.
    pub const WHITE: Self = Self {
        channels: [255, 255, 255],
    };
    /// Black.
    pub const BLACK: Self = Self {
        channels: [0, 0, 0],
    };
    /// The least contrast at which text can be read (WCAG 2.2, 1.4.3).
    pub const READABLE: f64 = 4.5;

    /// A colour from `#rgb` or `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let long = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit; 2]).collect(),
            6 => digits.to_owned(),
            _ => return None,
        };
        // A sign would be read as one.
        let all_digits = long.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(&long, 16).ok().filter(|_| all_digits)?;
        let [_, channels @ ..] = number.to_be_bytes();
        Some(Self { channels })
    }

    /// The contrast with another colour, from 1 (none) to 21 (black and white).
    #[must_use]
    pub fn contrast_with(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// This colour, with so many hundredths of another one in it.
    #[must_use]
    pub fn mixed_with(self, other: Self, hundredths: u16) -> Self {
        let share = hundredths.min(100);
        let mut channels = self.channels;
        for (channel, with) in channels.iter_mut().zip(other.channels) {
            let sum = u16::from(*channel) * (100 - share) + u16::from(with) * share;
            *channel = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self { channels }
    }

    /// The nearest shade of this colour that can be read on a ground: itself, or a lighter one on dark and a darker one on
    /// light ground.
    #[must_use]
    pub fn readable_on(self, ground: Self) -> Self {
        let toward = ground.opposite();
        let shades = (0..=50).map(|step| self.mixed_with(toward, 2 * step));
        let mut readable = shades.filter(|shade| shade.contrast_with(ground) >= Self::READABLE);
        readable.next().unwrap_or(toward)
    }

    /// Black or white, whichever is read better on it.
    #[must_use]
    pub fn opposite(self) -> Self {
        if self.contrast_with(Self::WHITE) >= self.contrast_with(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.channels.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.channels;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_three_or_six_hexadecimal_digits() {
        let shown = |text| Colour::parse(text).map(|colour| colour.to_string());
        assert_eq!(shown("#1D55c9").as_deref(), Some("#1d55c9"));
        assert_eq!(shown("#0af").as_deref(), Some("#00aaff"));
        for text in [
            "",
            "#",
            "1d55c9",
            "#1d55c",
            "#1d55c9ff",
            "#ggg",
            "red",
            "#ü1",
            "#fff;}",
            "#+1fff1",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let contrast = |one, other| {
            let colours = [one, other].map(|text| Colour::parse(text).unwrap());
            (colours[0].contrast_with(colours[1]) * 100.0).round() / 100.0
        };
        assert!((contrast("#000", "#fff") - 21.0).abs() < 1e-9);
        // Known pairs: the least grey that passes on white, and the lightest that does not.
        assert!((contrast("#767676", "#fff") - 4.54).abs() < 1e-9);
        assert!((contrast("#777777", "#fff") - 4.48).abs() < 1e-9);
    }

    #[test]
    fn every_colour_has_a_readable_shade_and_readable_text_on_it() {
        for ground in ["#ffffff", "#1a202c"].map(|text| Colour::parse(text).unwrap()) {
            for step in 0..=255_u8 {
                let colour = Colour {
                    channels: [step, step.wrapping_mul(7), 255 - step],
                };
                let shade = colour.readable_on(ground);
                assert!(shade.contrast_with(ground) >= Colour::READABLE);
                assert!(shade.opposite().contrast_with(shade) >= Colour::READABLE);
            }
        }
    }
}
