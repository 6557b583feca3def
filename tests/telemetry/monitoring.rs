//! What lies in `docs/monitoring`: that what it asks for is there, and that Prometheus understands it.

use crate::busy::Busy;
use crate::exposition::Exposition;
use crate::promtool::promtool;
use liner::telemetry::FIGURES;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// The queries of the dashboard, with its variables filled in.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text("grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let query = |target: &Value| {
        let query = target["expr"].as_str().unwrap();
        query.replace("$__rate_interval", "5m").replace("$job", "liner").replace("$instance", ".*")
    };
    targets.map(query).collect()
}

/// Names of figures in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let is_figure = |word: &&str| word.starts_with("liner_") || word.starts_with("process_");
    words.filter(is_figure).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_that_the_dashboard_and_the_alerts_ask_for_is_told_by_a_busy_host() {
    let busy = Busy::start(&[]).await;
    let exposed = Exposition::of(&busy.figures().await);
    let told: BTreeSet<&str> = exposed.samples.iter().map(|sample| sample.name.as_str()).collect();
    let asked = queries().into_iter().flat_map(|query| names(&query)).chain(names(&text("alerts.yml")));
    let asked: BTreeSet<String> = asked.collect();
    assert!(asked.len() > 40, "{asked:?}");
    let missing: Vec<_> = asked.iter().filter(|name| !told.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: Value = serde_json::from_str(&text("grafana.json")).unwrap();
    assert!(dashboard["schemaVersion"].as_i64() >= Some(38), "Grafana 10 and later");
    assert!(dashboard["id"].is_null() && dashboard["uid"] == "liner", "an id is the importing server's to give");
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        let of = |side: &str| panel["gridPos"][side].as_i64().unwrap();
        let (x, y, w, h) = (of("x"), of("y"), of("w"), of("h"));
        assert!(x + w <= 24, "{}", panel["title"]);
        for place in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(place), "{} lies over another", panel["title"]);
        }
        if panel["type"] != "row" {
            assert!(panel["description"].as_str().is_some_and(|about| about.ends_with('.')), "{}", panel["title"]);
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        }
    }
}

#[test]
fn prometheus_understands_every_query_of_the_dashboard() {
    let mut rules = String::from("groups:\n  - name: dashboard\n    rules:\n");
    for (n, query) in queries().iter().enumerate() {
        rules.push_str(&format!("      - {{record: 'panel:{n}', expr: {}}}\n", serde_json::to_string(query).unwrap()));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dashboard.yml");
    std::fs::write(&path, rules).unwrap();
    if let Some((is_content, said)) = promtool(&["check", "rules", path.to_str().unwrap()], "") {
        assert!(is_content, "{said}");
    }
}

#[test]
fn the_alerts_are_understood_and_fire_when_they_should() {
    let path = |name: &str| file(name).to_str().unwrap().to_owned();
    for arguments in [
        &["check", "rules", &path("alerts.yml")][..],
        &["test", "rules", &path("alerts_test.yml")],
        &["check", "config", "--syntax-only", &path("prometheus.yml")],
        &["check", "config", "--syntax-only", &path("prometheus-with-token.yml")],
    ] {
        let Some((is_content, said)) = promtool(arguments, "") else { return };
        assert!(is_content, "{arguments:?}: {said}");
    }
}

#[test]
fn every_alert_is_played_and_explained() {
    let (alerts, played) = (text("alerts.yml"), text("alerts_test.yml"));
    let readme = text("README.md");
    let names: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        assert!(played.contains(name), "{name} is not played in alerts_test.yml");
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in README.md");
    }
}

#[test]
fn the_list_of_figures_is_the_table() {
    let list: Vec<String> = FIGURES
        .iter()
        .map(|figure| {
            let labels: Vec<String> = figure.labels.iter().map(|label| format!("`{label}`")).collect();
            format!("| `{}` | {} | {} | {} |", figure.name, figure.kind.name(), labels.join(", "), figure.help)
        })
        .collect();
    let written = text("figures.md");
    let (written, _renamed) = written.split_once("## Renamed").unwrap();
    let written: Vec<&str> = written.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(written, list, "docs/monitoring/figures.md should hold:\n{}", list.join("\n"));
}
