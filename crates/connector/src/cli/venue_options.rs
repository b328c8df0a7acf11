//! Options that only some kinds of venues take.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use hbl_venues::kinds::KINDS;
use hbl_venues::kit::config::flag;
use hbl_venues::kit::kind::{GivenOptions, OptionValue, VenueKind, VenueOption};

/// Adds the options of every kind, each once.
pub fn add(mut command: Command) -> Command {
    for option in all() {
        command = command.arg(argument(&option));
    }
    command
}

/// The options that were given.
///
/// # Errors
/// In words, for an option that this kind does not take, or a flag that is none.
pub fn given(matches: &ArgMatches, kind: &VenueKind) -> Result<GivenOptions, String> {
    let mut given = GivenOptions::default();
    for option in all() {
        let Some(text) = text(matches, &option) else {
            continue;
        };
        let name = option.name;
        if !takes(kind, name) {
            return Err(format!("--{name} is for {} only", takers(name)));
        }
        let text = match option.value {
            OptionValue::Flag => flag::read(&format!("--{name}"), &text)?.to_string(),
            _ => text,
        };
        given.add(name, text);
    }
    Ok(given)
}

fn all() -> Vec<VenueOption> {
    let mut options: Vec<VenueOption> = Vec::new();
    for option in KINDS.iter().flat_map(|kind| kind.options) {
        if options.iter().all(|known| known.name != option.name) {
            options.push(*option);
        }
    }
    options
}

fn takes(kind: &VenueKind, name: &str) -> bool {
    kind.options.iter().any(|option| option.name == name)
}

/// The kinds that take an option.
fn takers(name: &str) -> String {
    let kinds = KINDS.iter().filter(|kind| takes(kind, name));
    let words: Vec<_> = kinds.map(|kind| format!("`{}`", kind.word)).collect();
    words.join(" and ")
}

fn argument(option: &VenueOption) -> Arg {
    let kinds: Vec<_> = KINDS
        .iter()
        .filter(|kind| takes(kind, option.name))
        .collect();
    let words: Vec<_> = kinds.iter().map(|kind| kind.word).collect();
    let argument = Arg::new(option.name).long(option.name).help(format!(
        "{}: {}",
        words.join(", "),
        option.help
    ));
    match option.value {
        OptionValue::Switch => argument.action(ArgAction::SetTrue),
        OptionValue::Bool => argument
            .value_name("BOOL")
            .num_args(0..=1)
            .default_missing_value("true")
            .value_parser(["true", "false"]),
        OptionValue::Flag => argument
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        OptionValue::Text { name, check } => {
            let parser = move |text: &str| check(text).map(|()| text.to_owned());
            argument
                .value_name(name)
                .value_parser(ValueParser::new(parser))
        }
    }
}

fn text(matches: &ArgMatches, option: &VenueOption) -> Option<String> {
    match option.value {
        OptionValue::Switch => matches.get_flag(option.name).then(|| "true".to_owned()),
        _ => matches.get_one::<String>(option.name).cloned(),
    }
}
