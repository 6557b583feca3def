//! The types of `wit/extractor.wit`, generated.
#![allow(missing_docs, unsafe_code, clippy::all)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "extractor",
    pub_export_macro: true,
    export_macro_name: "export_extractor",
    default_bindings_module: "liner_strategy::generated",
    additional_derives: [PartialEq],
});
