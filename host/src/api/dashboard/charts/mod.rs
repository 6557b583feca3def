//! Charts of what batches did, from the store. Each says in words what it draws, and a table has every figure.

mod plot;

use super::written;
use crate::store::Stretch;
use crate::throughput::Span;
use maud::{Markup, html};
use plot::{Axis, Plot, Shape};

/// A chart with its figure in large.
struct Chart {
    id: &'static str,
    title: &'static str,
    figure: String,
    beside: String,
    /// What the colours mean, where there are several.
    legend: &'static [(&'static str, &'static str)],
    plot: Plot,
}

pub fn section(span: Span, stretches: &[Stretch]) -> Markup {
    let sum = Stretch::together(stretches);
    let charts =
        [throughput(span, stretches, &sum), success(stretches, &sum), latency(stretches, &sum), cost(stretches, &sum)];
    html! {
        section #charts data-live aria-labelledby="charts-title" {
            header {
                h2 #charts-title { "The last " (span.name()) }
                nav.switch aria-label="Over how long" {
                    @for other in Span::ALL {
                        a href=(format!("/?span={}#charts", other.name())) aria-current=[(other == span).then_some("true")] {
                            (capitalised(other.name()))
                        }
                    }
                }
            }
            div.charts { @for chart in &charts { (figure(chart, span, stretches)) } }
            (table(span, stretches))
        }
    }
}

const fn capitalised(span: &str) -> &str {
    match span.as_bytes() {
        b"hour" => "Hour",
        b"day" => "Day",
        _ => "Week",
    }
}

/// How one stretch is called.
const fn stretch_name(span: Span) -> &'static str {
    match span {
        Span::Hour => "minute",
        Span::Day => "quarter of an hour",
        Span::Week => "two hours",
    }
}

fn throughput(span: Span, stretches: &[Stretch], sum: &Stretch) -> Chart {
    #[allow(clippy::cast_precision_loss)]
    let a_minute = sum.tracks() as f64 / (span.stretches().0 * span.stretches().1) as f64;
    Chart {
        id: "throughput",
        title: "Throughput",
        figure: written::counted(sum.tracks(), "attempt", "attempts"),
        beside: format!("{a_minute:.1} a minute"),
        legend: &[("completed", "succeeded"), ("failed", "failed")],
        plot: Plot::of(stretches, Axis::Count, |one| {
            Some((vec![("completed", one.succeeded), ("failed", one.failed)], Shape::Bars))
        }),
    }
}

fn success(stretches: &[Stretch], sum: &Stretch) -> Chart {
    #[allow(clippy::cast_possible_truncation)]
    let rate = |one: &Stretch| one.success_rate().map(|rate| (rate * 10.0).round() as i64);
    Chart {
        id: "success",
        title: "Success rate",
        figure: sum.success_rate().map_or_else(|| "none yet".to_owned(), written::percent),
        beside: written::counted(sum.failed, "attempt failed", "attempts failed"),
        legend: &[],
        plot: Plot::of(stretches, Axis::Share, |one| Some((vec![("line", rate(one)?)], Shape::Line))),
    }
}

fn latency(stretches: &[Stretch], sum: &Stretch) -> Chart {
    Chart {
        id: "latency",
        title: "Latency of a batch",
        figure: sum.average_ms().map_or_else(|| "none yet".to_owned(), written::duration),
        beside: format!("longest {}", written::duration(sum.longest_ms)),
        legend: &[("line", "average"), ("faint", "longest")],
        plot: Plot::of(stretches, Axis::Time, |one| {
            Some((vec![("line", one.average_ms()?), ("faint", one.longest_ms)], Shape::Line))
        }),
    }
}

fn cost(stretches: &[Stretch], sum: &Stretch) -> Chart {
    let a_thousand = (sum.cost_micros * 1_000).checked_div(sum.succeeded);
    Chart {
        id: "cost",
        title: "Cost",
        figure: written::dollars(sum.cost_micros),
        beside: a_thousand.map_or_else(String::new, |micros| format!("{} a 1,000 tracks", written::dollars(micros))),
        legend: &[],
        plot: Plot::of(stretches, Axis::Money, |one| Some((vec![("money", one.cost_micros)], Shape::Bars))),
    }
}

fn figure(chart: &Chart, span: Span, stretches: &[Stretch]) -> Markup {
    let with_day = span != Span::Hour;
    let middle = stretches.get(stretches.len() / 2);
    html! {
        figure.sheet {
            figcaption {
                h3 { (chart.title) }
                p { strong.large { (chart.figure) } " " span.quiet { (chart.beside) } }
                @if !chart.legend.is_empty() {
                    p.legend { @for (class, name) in chart.legend { span { span class={ "key " (class) } aria-hidden="true" {} (name) } } }
                }
            }
            (chart.plot.shown(chart.id, &format!("{}, by the {}", chart.title, stretch_name(span))))
            div.axis aria-hidden="true" {
                @for one in [stretches.first(), middle].into_iter().flatten() { span { (written::clock(one.began_at, with_day)) } }
                span { "now" }
            }
        }
    }
}

/// Every figure of the charts, but of stretches in which nothing ended.
fn table(span: Span, stretches: &[Stretch]) -> Markup {
    let known: Vec<&Stretch> = stretches.iter().rev().filter(|one| one.batches + one.tracks() > 0).collect();
    html! {
        details #chart-figures {
            summary { "These figures as a table" }
            @if known.is_empty() { p.quiet { "No batch ended in this time." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Figures of the charts" {
                    table.figures {
                        caption { "By the " (stretch_name(span)) ", the newest first. What is left out is nothing." }
                        thead { tr {
                            th scope="col" { "From" }
                            th.n scope="col" { "Batches" }
                            th.n scope="col" { "Succeeded" }
                            th.n scope="col" { "Failed" }
                            th.n scope="col" { "Success" }
                            th.n scope="col" { "Average" }
                            th.n scope="col" { "Longest" }
                            th.n scope="col" { "Cost" }
                        } }
                        tbody { @for one in known { tr {
                            th scope="row" { (written::clock(one.began_at, true)) }
                            td.n { (written::count(one.batches)) }
                            td.n { (written::count(one.succeeded)) }
                            td.n { (written::count(one.failed)) }
                            td.n { @if let Some(rate) = one.success_rate() { (written::percent(rate)) } }
                            td.n { @if let Some(ms) = one.average_ms() { (written::duration(ms)) } }
                            td.n { (written::duration(one.longest_ms)) }
                            td.n { (written::dollars(one.cost_micros)) }
                        } } }
                    }
                }
            }
        }
    }
}
