//! Completions and the manual, each checked by the program that reads it, where that is installed.

use super::folder;
use liner_tests::liner;
use std::process::Command;

#[tokio::test]
async fn every_shell_gets_a_script_that_knows_the_commands_and_no_hidden_one() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        // No setting is read: an installer runs it where there are none.
        let run = liner(folder.path(), &["completions", shell], &[("PORT", "wrong")], "").await;
        assert!(run.code == Some(0) && run.stdout.contains("doctor"), "{shell}: {}", run.stderr);
        assert!(!run.stdout.contains("compile"), "{shell} is told of a command that people do not need");
    }
    let script = folder.path().join("liner.bash");
    std::fs::write(&script, liner(folder.path(), &["completions", "bash"], &[], "").await.stdout).unwrap();
    let completed =
        "source liner.bash; COMP_WORDS=(liner plugin ro); COMP_CWORD=2; _liner liner ro plugin; echo ${COMPREPLY[@]}";
    match Command::new("bash").args(["-c", completed]).current_dir(folder.path()).output() {
        Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "rollback"),
        Err(_) => eprintln!("skipped: no bash"),
    }
}

#[tokio::test]
async fn the_manual_has_a_page_for_each_command_that_groff_has_nothing_to_say_about() {
    let folder = folder();
    let run = liner(folder.path(), &["man", "--into", "man1"], &[("PORT", "wrong")], "").await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    let pages: Vec<String> = std::fs::read_dir(folder.path().join("man1"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    for page in ["liner.1", "liner-doctor.1", "liner-plugin-install.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    assert!(!pages.iter().any(|name| name.contains("compile")), "{pages:?}");
    let printed = liner(folder.path(), &["man"], &[], "").await.stdout;
    assert!(printed.contains(".SH SYNOPSIS") && printed.contains("doctor"), "{printed}");
    for page in pages {
        let checked = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z", &format!("man1/{page}")])
            .current_dir(folder.path())
            .output();
        let Ok(checked) = checked else { return eprintln!("skipped: no groff") };
        assert_eq!(String::from_utf8_lossy(&checked.stderr), "", "{page}");
    }
}

#[tokio::test]
async fn help_ends_with_examples() {
    let folder = folder();
    for command in [&["--help"][..], &["doctor", "--help"], &["plugin", "install", "--help"]] {
        let run = liner(folder.path(), command, &[], "").await;
        assert!(run.code == Some(0) && run.stdout.contains("Examples:\n  liner "), "{}", run.stdout);
    }
}
