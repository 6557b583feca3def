//! The way into and out of a component: the export macro, the host's log, and the panic hook that sends a panic's
//! message through it, because all the host sees of a panic is a bare `unreachable`.

use crate::Level;

/// Exports a [`Strategy`](crate::Strategy) as the component's `liner:extractor/strategy`. Does nothing natively.
#[macro_export]
macro_rules! export_strategy {
    ($strategy:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod liner_component {
            use super::*;

            struct Component;

            impl $crate::generated::exports::liner::extractor::strategy::Guest for Component {
                fn describe() -> $crate::Description {
                    $crate::install_panic_log();
                    <$strategy as $crate::Strategy>::describe()
                }
                fn check_config(config: String) -> Result<(), $crate::Error> {
                    $crate::install_panic_log();
                    <$strategy as $crate::Strategy>::check_config(&config)
                }
                fn plan(
                    context: $crate::Context,
                    tracks: Vec<$crate::Track>,
                ) -> Result<$crate::Step, $crate::Error> {
                    $crate::install_panic_log();
                    <$strategy as $crate::Strategy>::plan(&context, &tracks)
                }
                fn interpret(
                    context: $crate::Context,
                    tracks: Vec<$crate::Track>,
                    prompt: $crate::Prompt,
                    reply: $crate::Reply,
                ) -> Result<$crate::Step, $crate::Error> {
                    $crate::install_panic_log();
                    <$strategy as $crate::Strategy>::interpret(&context, &tracks, &prompt, &reply)
                }
            }

            $crate::generated::export_extractor!(Component with_types_in $crate::generated);
        }
    };
}

/// Writes a line to the host's log; natively, to stderr.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::generated::liner::extractor::host::log(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("{level:?}: {message}");
}

/// Sends the message of a panic through [`log`]. [`export_strategy!`](crate::export_strategy) calls it before each call.
pub fn install_panic_log() {
    #[cfg(target_arch = "wasm32")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| std::panic::set_hook(Box::new(|info| log(Level::Error, &info.to_string()))));
    }
}
