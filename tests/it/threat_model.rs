//! The threat model names code and tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

/// What stands between backticks outside of code blocks.
fn names(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose
        .flat_map(|prose| prose.split('`').skip(1).step_by(2))
        .collect()
}

/// Whether a test `module::name`, perhaps within `in_memory` or `in_redis`, is one of this suite.
fn is_a_test(root: &Path, name: &str) -> bool {
    let mut parts: Vec<&str> = name.split("::").collect();
    let function = parts.pop().unwrap();
    let in_both = parts.last().is_some_and(|last| last.starts_with("in_"));
    parts.truncate(parts.len() - usize::from(in_both));
    let file = root.join(format!("tests/it/{}.rs", parts.join("/")));
    let Ok(text) = std::fs::read_to_string(&file) else {
        return false;
    };
    if in_both {
        let (_, listed) = text.split_once("in_both_stores! {").unwrap();
        let (listed, _) = listed.split_once('}').unwrap();
        return listed.split_whitespace().any(|listed| listed == function);
    }
    let declared = format!("fn {function}(");
    let before = text.split_once(&declared).map(|(before, _)| before);
    before.is_some_and(|before| before.rsplit("}\n").next().unwrap().contains("#["))
}

#[test]
fn every_file_and_every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let (mut tests, mut files, mut missing) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for name in names(&page) {
        if name.contains("::") {
            if !is_a_test(root, name) {
                missing.push(name);
            }
            tests.insert(name);
        } else if name.contains('/') && !name.starts_with(['/', '<']) && !name.contains(' ') {
            let found = ["", "src/"]
                .iter()
                .any(|base| root.join(base).join(name).exists());
            if !found {
                missing.push(name);
            }
            files.insert(name);
        }
    }
    assert!(missing.is_empty(), "named, and not there: {missing:#?}");
    // Were nothing found, nothing would be wrong.
    assert!(tests.len() > 40 && files.len() > 20, "{tests:?} {files:?}");
}
