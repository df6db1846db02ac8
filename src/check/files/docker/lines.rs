//! `XMPP_CONFIGURATION` and `XMPP_MUC_CONFIGURATION`: lines for Prosody's own configuration.

use crate::check::files::dotenv::Variables;
use crate::check::files::lua::{Configuration, Value};
use crate::check::files::place::Placed;
use crate::check::files::prosody;
use crate::check::files::told::Setting;
use crate::check::report::Findings;

/// Which of the two writes a setting to where Prosody looks for it.
pub fn variable(setting: Setting) -> &'static str {
    match setting {
        Setting::DisableAutoOwners => "XMPP_MUC_CONFIGURATION",
        _ => "XMPP_CONFIGURATION",
    }
}

/// A setting that stands there.
pub fn of(variables: &Variables, setting: Setting) -> Option<Placed<Value>> {
    named(variables, variable(setting), prosody::name(setting))
}

/// What stands in one of the two, by Prosody's name for it.
pub fn named(variables: &Variables, variable: &str, name: &str) -> Option<Placed<Value>> {
    let set = variables.get(variable)?;
    // The template makes lines of what stands between commas.
    let lines = set.it.replace(',', "\n");
    let mut read = Configuration::new(&set.place.file);
    read.read(&set.place.file, &lines);
    let value = read.hosts.first()?.settings.get(name)?;
    Some(set.with(value.it.clone()))
}

/// Says what is worked out by code, and was not looked at.
pub fn judge(variables: &Variables, findings: &mut Findings) {
    for setting in prosody::ALL {
        if let Some(set) = of(variables, setting)
            && set.it == Value::Unclear
        {
            let said = format!(
                "{}: {} in {} is worked out by code, and was not looked at",
                set.place,
                prosody::name(setting),
                variable(setting)
            );
            findings.warning("jitsi-code", said, "");
        }
    }
}
