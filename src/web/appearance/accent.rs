//! The accent of the pages: of buttons, links and pictures, on light and on dark ground.

use super::colour::Colour;

/// The card that everything stands on, as `style.css` has it.
pub const LIGHT_PAPER: Colour = Colour::WHITE;
/// The same where people like it dark.
pub const DARK_PAPER: Colour = Colour {
    channels: [0x1a, 0x20, 0x2c],
};
/// How much of the accent is in the ground of pictures, in hundredths.
const IN_SOFT_LIGHT: u16 = 12;
const IN_SOFT_DARK: u16 = 24;

/// An accent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// On light ground.
    pub light: Colour,
    /// On dark ground.
    pub dark: Colour,
}

impl Accent {
    /// What goes behind the style of the pages, so that it counts.
    #[must_use]
    pub fn style(&self) -> String {
        let light = properties(self.light, LIGHT_PAPER, IN_SOFT_LIGHT);
        let dark = properties(self.dark, DARK_PAPER, IN_SOFT_DARK);
        format!(
            ":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        )
    }
}

fn properties(accent: Colour, paper: Colour, in_soft: u16) -> String {
    let soft = paper.mixed_with(accent, in_soft);
    let on_accent = accent.opposite();
    format!("--accent: {accent}; --on-accent: {on_accent}; --accent-soft: {soft};")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::page::STYLE;

    #[test]
    fn the_papers_are_those_of_the_style() {
        let [light, dark] = [LIGHT_PAPER, DARK_PAPER].map(|paper| format!("--paper: {paper};"));
        let (day, night) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
        assert!(day.contains(&light) && night.contains(&dark));
    }

    #[test]
    fn the_accent_of_the_style_is_as_readable_as_one_of_ones_own_has_to_be() {
        let (day, night) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
        for (style, paper) in [(day, LIGHT_PAPER), (night, DARK_PAPER)] {
            let (_, accent) = style.split_once("--accent: ").unwrap();
            let accent = Colour::parse(accent.split(';').next().unwrap()).unwrap();
            assert_eq!(accent.readable_on(paper), accent);
        }
    }
}
