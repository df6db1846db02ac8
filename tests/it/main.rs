//! The server as its users meet it: started on a loopback port, driven by a browser that keeps cookies, against a
//! provider that signs real tokens and misbehaves on request. One module a promise.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::similar_names,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may be blunt"
)]

mod admission;
mod appearance;
mod apps;
mod audit;
mod backchannel_logout;
mod book;
mod browsers;
mod callback;
mod check;
mod check_files;
mod check_meetings;
mod circles;
mod claim_sources;
mod client_authentication;
mod clock_steps;
mod config_schema;
mod config_show;
mod configuration;
mod connections;
mod demo;
mod directories;
mod drop_in;
mod explain;
mod fresh_groups;
mod groups;
mod home;
mod hostile;
mod inline;
mod inline_logout;
mod invitations;
mod jaas;
mod key_commands;
mod key_rotation;
mod keyring_changes;
mod keyring_files;
mod languages;
mod limits;
mod metrics;
mod pages;
mod policy_properties;
mod policy_tests;
mod policy_who;
mod presets;
mod provider_connections;
mod provider_life;
mod providers;
mod pushed_requests;
mod reload;
mod reload_keeps;
mod request_lines;
mod room_names;
mod secrecy;
mod sessions;
mod shell;
mod shutdown;
mod sign_out;
mod sign_out_everywhere;
mod signing_keys;
mod silent;
mod step_up;
mod support;
mod tenants;
mod threat_model;
mod token_commands;
mod token_content;
mod tokens;
mod traces;
mod whoami;
