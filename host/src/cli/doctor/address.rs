//! The address served: what everyone can reach needs a token, and one that is not guessed.

use super::finding::Finding;
use crate::config::Config;
use crate::secret::Secret;
use std::collections::HashSet;
use std::sync::Arc;

const CHECK: &str = "address";

/// Guesses that a token must withstand, as a power of two. A random token of 16 characters does; `passwordpassword` does not.
const STRENGTH: f64 = 56.0;

/// Looks at the address and the token.
pub async fn look(config: Arc<Config>) -> Vec<Finding> {
    let address = config.address;
    let advice = "set LINER_ADMIN_TOKEN, for example to what `openssl rand -hex 32` prints";
    let finding = match (&config.admin_token, address.ip().is_loopback()) {
        (None, true) => Finding::ok(CHECK, format!("{address} serves this machine only, and asks for no token")),
        (None, false) => {
            let message = format!("HOST is {}, which others may reach, and there is no token", address.ip());
            Finding::fail(CHECK, message, format!("{advice}; `liner serve` does not start without it"))
        }
        (Some(token), _) if strength(token) < STRENGTH => {
            Finding::warn(CHECK, "LINER_ADMIN_TOKEN can be guessed: it is short, or repeats itself", advice)
        }
        (Some(_), true) => Finding::ok(CHECK, format!("{address} serves this machine only, and asks for the token")),
        (Some(_), false) => Finding::ok(CHECK, format!("{address} asks for the token")),
    };
    vec![finding]
}

/// About how many bits there are in a token, if its characters are all that is known of it.
fn strength(token: &Secret) -> f64 {
    let characters: Vec<char> = token.expose().chars().collect();
    let different = characters.iter().collect::<HashSet<_>>().len();
    #[allow(clippy::cast_precision_loss)]
    let (length, different) = (characters.len() as f64, different as f64);
    length * different.max(1.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_token_is_strong_and_a_word_twice_is_not() {
        let is_strong = |token: &str| strength(&Secret::new(token.to_owned())) >= STRENGTH;
        assert!(is_strong("b1946ac92492d2347c6235b4d2611184") && is_strong("Xq7vT2mK9pLw4RzB"));
        assert!(!is_strong("passwordpassword") && !is_strong("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    }
}
