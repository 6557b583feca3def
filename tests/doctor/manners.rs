//! How it is told: a line a check for people, one document for programs, and an exit code.

use super::folder;
use liner_tests::liner;

#[tokio::test]
async fn each_finding_is_a_line_and_the_last_one_sums_up() {
    let folder = folder();
    let settings = [("PORT", "0"), ("AI_PROVIDER", "none"), ("HOST", "0.0.0.0"), ("AI_MODLE", "x")];
    let run = liner(folder.path(), &["doctor", "--timeout", "60"], &settings, "").await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    let lines: Vec<&str> = run.stdout.lines().collect();
    let (last, findings) = lines.split_last().unwrap();
    assert!(last.starts_with("1 check failed; ") && last.ends_with("1 warning"), "{}", run.stdout);
    for line in findings {
        assert!(["ok    ", "warn  ", "FAIL  "].iter().any(|level| line.starts_with(level)), "{line}");
    }
    assert!(lines.iter().any(|line| line.starts_with("FAIL  address     HOST is 0.0.0.0")), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{1b}'), "colours are for terminals");
}
