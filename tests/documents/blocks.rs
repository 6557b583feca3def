//! Shell blocks of a Markdown document.

/// What excuses the block below it.
const EXCUSE: &str = "<!-- not run: ";

/// How the fence of a block of commands may begin.
const SHELLS: [&str; 4] = ["```sh", "```bash", "```shell", "```console"];

/// A block of shell commands.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// The line of its fence, counted from 1.
    pub line: usize,
    /// Its commands.
    pub text: String,
    /// Why it is not run, if the line above it says so.
    pub excuse: Option<String>,
}

/// The blocks of commands, in their order, whatever shell they name.
pub fn shell_blocks(markdown: &str) -> Vec<Block> {
    let (mut blocks, mut inside) = (Vec::new(), false);
    let mut excuse = None;
    for (line, text) in (1..).zip(markdown.lines()) {
        if inside && text == "```" {
            inside = false;
        } else if inside {
            let block: &mut Block = blocks.last_mut().expect("a block was begun");
            block.text.push_str(text);
            block.text.push('\n');
        } else if SHELLS.contains(&text) {
            inside = true;
            blocks.push(Block { line, text: String::new(), excuse: excuse.take() });
        } else {
            excuse = text.strip_prefix(EXCUSE).and_then(|rest| rest.strip_suffix(" -->")).map(str::to_owned);
        }
    }
    blocks
}

#[test]
fn a_block_is_run_unless_the_line_above_it_says_why_not() {
    let found =
        shell_blocks("# A\n```sh\nls\n```\n<!-- not run: no network -->\n```sh\ncurl x\n```\n```text\nls\n```\n");
    let block =
        |line, text: &str, excuse: Option<&str>| Block { line, text: text.into(), excuse: excuse.map(str::to_owned) };
    assert_eq!(found, [block(2, "ls\n", None), block(6, "curl x\n", Some("no network"))]);
}
