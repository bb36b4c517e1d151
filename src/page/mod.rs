//! The DOM: stage, layers, strip, charts, controls, link, script API. Never imports burn.
//!
//! The page owns the truth about itself in one place, [`lab::Lab`]; the [`app`] turns what happens (pointers, controls,
//! reports of the engine, calls of scripts) into changes of it, and whatever is on the screen or in the engine is
//! derived from it: settings → commands, reports → pictures, captions and charts. What can be said without a document
//! (links, captions, editing, which picture is wanted) lives in files of its own that are tested natively.

mod announce;
pub mod app;
pub mod banner;
pub mod captions;
pub mod charts;
pub mod controls;
pub mod csv;
mod description;
pub mod dom;
pub mod editor;
pub mod engine_client;
pub mod flat;
pub mod hint;
pub mod history;
pub mod keys;
pub mod lab;
pub use scorefield_kernel::page::layers;
pub mod legend;
pub mod lessons;
pub mod link;
pub mod loop_meter;
pub mod multiples;
mod number;
pub mod offline;
pub mod picture;
pub mod pictures;
mod print;
pub mod probe;
pub mod recording;
pub mod scenes;
pub mod script;
pub mod stage;
pub mod standings;
pub mod strip;
pub mod theme;
pub mod thumbnails;
pub mod tile;
pub use scorefield_kernel::page::viewport;
