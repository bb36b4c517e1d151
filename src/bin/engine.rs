//! The engine's worker: everything is in [`scorefield::engine`].

fn main() {
    if let Err(error) = scorefield::engine::worker::start() {
        web_sys::console::error_1(&error);
    }
}
