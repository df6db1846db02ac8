//! What the book quotes, the program says.

use super::*;

/// All string literals and all else of the program, with lines that are continued put together.
fn sources() -> String {
    let mut found = Vec::new();
    files(&Path::new(ROOT).join("src"), ".rs", &mut found);
    found.iter().map(|path| read(path)).collect()
}

#[test]
fn what_troubleshooting_quotes_is_what_the_program_says() {
    let page = read(&Path::new(ROOT).join("docs/troubleshooting.md"));
    let (quoted, sources) = (prose(&page), sources().replace("\\\"", "\""));
    let quotes: Vec<&str> = quoted
        .split('“')
        .skip(1)
        .filter_map(|rest| rest.split_once('”'))
        .map(|(quote, _)| quote)
        .filter(|quote| *quote != " and ")
        .collect();
    let unheard: Vec<&&str> = quotes
        .iter()
        .filter(|quote| !sources.contains(**quote))
        .collect();
    assert!(unheard.is_empty(), "nobody says {unheard:#?}");
    assert!(quotes.len() > 40, "{quotes:?}");
}

#[test]
fn what_a_page_takes_out_of_a_proxys_sample_is_one_whole_location() {
    for sample in [
        "config/nginx.conf.sample",
        "config/compose/web/nginx-custom/sso.conf",
    ] {
        let text = read(&Path::new(ROOT).join(sample));
        // As the pages have it: sed -n '/^location ^~ \/sso\/ {/,/^}/p'
        let (_, rest) = text.split_once("\nlocation ^~ /sso/ {").unwrap();
        let (block, after) = rest.split_once("\n}").unwrap();
        assert!(block.contains("proxy_pass") && block.contains("proxy_buffer_size 16k"));
        assert!(
            !after.contains("\nlocation ^~ /sso/ {"),
            "{sample}: two of them"
        );
    }
    for page in ["docs/install/debian.md", "docs/install/docker.md"] {
        let page = read(&Path::new(ROOT).join(page));
        assert!(page.contains(r"sed -n '/^location ^~ \/sso\/ {/,/^}/p' "));
    }
}
