//! What is around the page: its address, its window and screen, the system's wishes, the pointer's coming and going.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, PointerEvent};

use super::{App, Handle, keeping, weights};
use crate::page::banner::{self, Kind};
use crate::page::lab::{self, Lab};
use crate::page::layers::camera::Camera;
use crate::page::layers::lens::Lens;
use crate::page::link::Link;
use crate::page::stage::Tool;
use crate::page::{dom, link};

/// Listeners for what is around the page: its address, its window, the pointer's coming and going.
pub(super) fn listen(handle: &Handle, board: &Element) -> Result<Vec<EventListener>, JsValue> {
    let (window, document) = (dom::window()?, dom::document()?);
    let mut listeners = Vec::new();
    for (name, inside) in [("pointerenter", true), ("pointerleave", false)] {
        let app = handle.clone();
        listeners.push(dom::listen(board, name, move |_| {
            app.act(move |app| app.hand.inside = inside)
        }));
    }
    // Before the stage itself hears of it: a stroke must not begin in a window that is still on its way.
    let app = handle.clone();
    listeners.push(dom::listen_early(board, "pointerdown", move |_| {
        app.act(App::settle_window);
    }));
    let app = handle.clone();
    listeners.push(dom::listen(&window, "hashchange", move |_| app.act(App::follow_link)));
    let app = handle.clone();
    listeners.push(dom::listen(&window, "resize", move |_| app.act(App::redraw_everything)));
    let app = handle.clone();
    listeners.push(dom::listen(&document, "visibilitychange", move |_| {
        app.act(App::on_visibility)
    }));
    let app = handle.clone();
    listeners.push(dom::listen(&window, "pagehide", move |_| {
        app.act(|app| {
            app.keep(true);
            app.keep_network(true);
        })
    }));
    let app = handle.clone();
    listeners.push(dom::listen_early(&document, "toggle", move |_| {
        app.act(App::redraw_everything);
    }));
    let app = handle.clone();
    listeners.push(dom::listen(&document, "pointermove", move |event| {
        let chart = dom::closest::<Element>(event, ".chart");
        let pointed = event.dyn_ref::<PointerEvent>().zip(chart);
        let pointed = pointed.map(|(event, chart)| (chart.id(), f64::from(event.offset_x())));
        app.act(move |app| app.point_at_chart(pointed));
    }));
    listeners.extend(weights::take_dropped_files(handle, &document));
    for (query, change) in [
        ("(prefers-color-scheme: light)", App::put_on_theme as fn(&mut App)),
        ("(prefers-reduced-motion: reduce)", App::follow_motion),
    ] {
        if let Some(list) = window.match_media(query)? {
            let app = handle.clone();
            listeners.push(dom::listen(&list, "change", move |_| app.act(change)));
        }
    }
    Ok(listeners)
}

/// The lab as it was kept, or as the address has it, and how the stage was seen; what is wrong with the address is shown.
pub(super) fn lab() -> Result<(Lab, Lens, Camera), JsValue> {
    let location = dom::window()?.location();
    let hash = location.hash()?;
    let linked = link::read(&hash);
    let kept = keeping::kept(&hash, &location.search()?).map(|kept| link::read(&kept));
    // What an earlier version of the page has kept and this one does not know is nobody's mistake.
    if kept.is_none()
        && let Some(message) = linked.complaint()
    {
        banner::show(Kind::Error, &message, None);
    }
    // The link's step is of the link's network.
    let same = |kept: &Link| kept.target == linked.target && lab::same_network(&kept.settings, &linked.settings);
    let goal = linked.goal.filter(|_| kept.as_ref().is_none_or(same));
    let parts = linked.parts;
    let found = kept.unwrap_or(linked);
    if let Err(error) = link::backend(&location.search()?) {
        banner::show(Kind::Error, &error.to_string(), None);
    }
    let lab = Lab {
        settings: found.settings,
        target: found.target,
        run: 1,
        parts,
        goal,
        ..Lab::default()
    };
    Ok((lab, found.lens, found.camera))
}

impl App {
    /// Less motion where the user asked for less.
    pub(super) fn follow_motion(&mut self) {
        self.stage
            .set_reduced_motion(dom::media("(prefers-reduced-motion: reduce)"));
    }

    /// Draws everything anew where the page has come to another screen, or is to be read from elsewhere.
    pub(super) fn keep_surroundings(&mut self) {
        let ratio = dom::pixel_ratio();
        let (was, far) = (self.screen.seen, self.lab.settings.projector);
        if (was.0 - ratio).abs() > 1e-6 || was.1 != far {
            self.screen.seen = (ratio, far);
            if let Some(root) = dom::root() {
                dom::set_flag(&root, "data-projector", far);
            }
            if far {
                // Whoever points at something must not draw.
                self.set_tool(Tool::Look);
            }
            self.redraw_everything();
        }
        if std::mem::take(&mut self.screen.outdated) {
            self.begin_everything_anew();
        }
    }

    /// A hidden tab draws nothing and asks for nothing; the engine has to hear that it is hidden.
    pub(super) fn on_visibility(&mut self) {
        if !dom::is_hidden() {
            return;
        }
        self.keep(true);
        self.keep_network(true);
        if self.runs() {
            self.ask_for_frame();
        }
    }
}
