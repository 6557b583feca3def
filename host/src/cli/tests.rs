//! What holds for every command, walked over as the command line knows them.

use super::Arguments;
use clap::{Command, CommandFactory, Parser};

/// Commands that print what programs read as it is, or nothing.
const WITHOUT_JSON: [(&str, &str); 5] = [
    ("liner serve", "it logs, and its answers are the API's"),
    ("liner completions", "a shell's script is for that shell"),
    ("liner man", "a page is for man"),
    ("liner openapi", "it is JSON"),
    ("liner healthcheck", "its exit code is the answer"),
];

/// Every command that does something, with its name from `liner` on.
fn all() -> Vec<(String, Command)> {
    fn below(name: &str, command: &Command, into: &mut Vec<(String, Command)>) {
        let visible: Vec<&Command> = command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
        for command in &visible {
            below(&format!("{name} {}", command.get_name()), command, into);
        }
        if visible.is_empty() {
            into.push((name.to_owned(), command.clone()));
        }
    }
    let mut command = Arguments::command();
    command.build();
    let mut commands = Vec::new();
    below("liner", &command, &mut commands);
    commands
}

fn has(command: &Command, argument: &str) -> bool {
    command.get_arguments().any(|known| known.get_long() == Some(argument))
}

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_takes_json_or_has_a_reason_not_to() {
    for (name, command) in all() {
        let excepted = WITHOUT_JSON.iter().any(|(without, _)| *without == name);
        assert_ne!(has(&command, "json"), excepted, "{name}");
    }
}

#[test]
fn every_command_of_the_design_is_there() {
    let names: Vec<String> = all().into_iter().map(|(name, _)| name).collect();
    for wanted in [
        "serve",
        "enqueue",
        "process",
        "extract",
        "status",
        "pause",
        "resume",
        "failed",
        "library",
        "requeue",
        "plugin list",
        "plugin check",
        "plugin run",
        "plugin new",
        "plugin install",
        "plugin activate",
        "plugin shadow",
        "plugin compare",
        "plugin promote",
        "plugin rollback",
        "cost",
        "backup",
        "doctor",
        "replay",
        "eval",
        "config",
        "migrate",
        "completions",
        "openapi",
        "man",
    ] {
        assert!(names.contains(&format!("liner {wanted}")), "{wanted}");
    }
}

#[test]
fn every_command_shows_examples_and_every_example_is_understood() {
    for (name, mut command) in all() {
        let help = command.render_help().to_string();
        let examples: Vec<&str> =
            help.lines().map(str::trim).filter(|line| line.contains("liner ") && help.contains("Examples:")).collect();
        let own: Vec<Vec<String>> =
            examples.iter().map(|line| words(line)).filter(|words| words.join(" ").starts_with(&name)).collect();
        assert!(!own.is_empty(), "{name} has no example of its own");
        for example in own {
            assert!(
                Arguments::try_parse_from(&example).is_ok(),
                "{example:?}: {:?}",
                Arguments::try_parse_from(&example)
            );
        }
    }
}

/// A line's words from `liner` on, as a shell cuts them, up to where its output goes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            c => word.push(c),
        }
    }
    words.push(word);
    let command = words.into_iter().skip_while(|word| word != "liner");
    command.take_while(|word| !matches!(word.as_str(), "|" | ">" | "#")).collect()
}
