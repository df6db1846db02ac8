//! The book in docs/: every page has its place, every link leads somewhere, and what is quoted from the program is what
//! the program says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

mod configurations;
mod quotes;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder whose names end so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// The pages of the book, by their path below docs/.
fn pages() -> BTreeMap<PathBuf, String> {
    let docs = Path::new(ROOT).join("docs");
    let mut found = Vec::new();
    files(&docs, ".md", &mut found);
    let named = found
        .iter()
        .map(|path| (path.strip_prefix(&docs).unwrap().to_owned(), read(path)));
    named.filter(|(path, _)| path != "SUMMARY.md").collect()
}

/// A page's text, and its blocks of code with the language of each.
fn parts(page: &str) -> (String, Vec<(String, String)>) {
    let (mut text, mut blocks) = (String::new(), Vec::new());
    let mut block: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), &mut block) {
            (Some(language), None) => block = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(block.take()),
            (None, Some((_, code))) => code.extend([line, "\n"]),
            (None, None) => text.extend([line, "\n"]),
        }
    }
    assert!(block.is_none(), "a block of code does not end");
    (text, blocks)
}

/// A page without its blocks of code.
fn prose(page: &str) -> String {
    parts(page).0
}

/// Where its links lead.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    // What stands between backticks is code, brackets and all.
    let text: String = prose.split('`').step_by(2).collect();
    let ends = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target.to_owned()).collect()
}

/// The anchors of its headings, as GitHub and mdBook make them.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let prose = prose(page);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let anchors = headings.map(|heading| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = seen.entry(anchor.clone()).or_default();
        *before += 1;
        match *before {
            1 => anchor,
            again => format!("{anchor}-{}", again - 1),
        }
    });
    anchors.collect()
}

/// A path without `..` and `.`; nothing where it leads out of the folder that it counts from.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => plain.pop().then_some(())?,
            Component::Normal(name) => plain.push(name),
            _ => {}
        }
    }
    Some(plain)
}

#[test]
fn the_summary_names_every_page_and_no_other() {
    let summary = read(&Path::new(ROOT).join("docs/SUMMARY.md"));
    let named: Vec<PathBuf> = links(&summary).into_iter().map(PathBuf::from).collect();
    let once: BTreeSet<&PathBuf> = named.iter().collect();
    assert_eq!(once.len(), named.len(), "a page stands there twice");
    let pages = pages();
    assert_eq!(once, pages.keys().collect());
}

#[test]
fn every_link_and_every_anchor_leads_somewhere_in_the_book() {
    let mut pages = pages();
    let within: BTreeMap<PathBuf, BTreeSet<String>> = pages
        .iter()
        .map(|(path, page)| (path.clone(), anchors(page)))
        .collect();
    // The repository's own pages lead into the book; theirs are links from one folder further up.
    for name in ["README.md", "CHANGELOG.md", "SECURITY.md"] {
        let page = read(&Path::new(ROOT).join(name));
        pages.insert(Path::new("..").join(name), page);
    }
    let (mut count, mut broken) = (0, Vec::new());
    for (path, page) in &pages {
        for link in links(page) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else if let Ok(own) = path.strip_prefix("..") {
                // From the repository's own pages, other files of it may be named as well.
                let beside = own.parent().unwrap().join(file);
                match beside.strip_prefix("docs") {
                    Ok(page) => page.to_owned(),
                    Err(_) if Path::new(ROOT).join(&beside).exists() && anchor.is_empty() => {
                        continue;
                    }
                    Err(_) => beside,
                }
            } else {
                // A link out of docs/ would lead nowhere in the book: name such a file between backticks.
                plain(&path.parent().unwrap().join(file)).unwrap_or_default()
            };
            let known = within.get(&target);
            if !known.is_some_and(|anchors| anchor.is_empty() || anchors.contains(anchor)) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    // Were nothing found, nothing would be wrong.
    assert!(count > 100, "{count}");
}
