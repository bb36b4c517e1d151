//! Small helpers around the document: finding elements, changing them only when something changes.

use std::pin::Pin;
use std::task::{Poll, Waker};

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, Node, Storage, Window};

/// The window; an error on a thread without one.
///
/// # Errors
/// Outside a page.
pub fn window() -> Result<Window, JsValue> {
    web_sys::window().ok_or_else(|| "this is no page".into())
}

/// The document.
///
/// # Errors
/// Outside a page.
pub fn document() -> Result<Document, JsValue> {
    window()?.document().ok_or_else(|| "this is no page".into())
}

/// The document's root, on which the style depends.
pub fn root() -> Option<Element> {
    document().ok()?.document_element()
}

/// The element with this id, as the kind of element it must be.
///
/// # Errors
/// When there is none, or it is of another kind; says which.
pub fn element<T: JsCast>(id: &str) -> Result<T, JsValue> {
    let found = find(id).and_then(|element| element.dyn_into().ok());
    found.ok_or_else(|| lacks(id))
}

// What does not depend on the kind of element is in the binary once, here and below.
#[inline(never)]
fn find(id: &str) -> Option<Element> {
    document().ok()?.get_element_by_id(id)
}

#[inline(never)]
fn lacks(id: &str) -> JsValue {
    format!("the page lacks its element #{id}").into()
}

/// All elements that match a selector.
pub fn all<T: JsCast>(selector: &str) -> Vec<T> {
    let mut all = Vec::new();
    each(selector, &mut |node| all.extend(node.dyn_into().ok()));
    all
}

#[inline(never)]
fn each(selector: &str, then: &mut dyn FnMut(Node)) {
    if let Some(list) = document().ok().and_then(|d| d.query_selector_all(selector).ok()) {
        (0..list.length()).filter_map(|i| list.get(i)).for_each(then);
    }
}

/// A new element at the end of another one, of the kind that its tag stands for.
///
/// # Errors
/// Outside a page.
pub fn put<T: JsCast>(parent: &Element, tag: &str, attributes: &[(&str, &str)]) -> Result<T, JsValue> {
    Ok(put_element(parent, tag, attributes)?.unchecked_into())
}

#[inline(never)]
fn put_element(parent: &Element, tag: &str, attributes: &[(&str, &str)]) -> Result<Element, JsValue> {
    let element = document()?.create_element(tag)?;
    for (name, value) in attributes {
        element.set_attribute(name, value)?;
    }
    parent.append_child(&element)?;
    Ok(element)
}

/// Sets an element's text, if it is another one: untouched text costs no layout.
pub fn set_text(id: &str, text: &str) {
    if let Ok(element) = element::<Element>(id)
        && element.text_content().as_deref() != Some(text)
    {
        element.set_text_content(Some(text));
    }
}

/// Sets an attribute, if it is another one.
pub fn set_attribute(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        // Fails only for names that are no names.
        let _ = element.set_attribute(name, value);
    }
}

/// Sets an attribute to true or false, if it is not so.
pub fn set_flag(element: &Element, name: &str, on: bool) {
    set_attribute(element, name, if on { "true" } else { "false" });
}

/// Shows or hides an element.
pub fn set_hidden(id: &str, hidden: bool) {
    if let Ok(element) = element::<HtmlElement>(id)
        && element.hidden() != hidden
    {
        element.set_hidden(hidden);
    }
}

/// Moves an element so many CSS pixels to the right and down of its place.
///
/// # Errors
/// When there is no such element.
pub fn shift(id: &str, [x, y]: [f32; 2]) -> Result<(), JsValue> {
    let shift = format!("translate({x:.0}px,{y:.0}px)");
    element::<HtmlElement>(id)?.style().set_property("transform", &shift)
}

/// Listens as long as the returned value lives.
pub fn listen(target: &EventTarget, event: &'static str, then: impl FnMut(&Event) + 'static) -> EventListener {
    hear(target, event, EventListenerOptions::default(), Box::new(then))
}

/// As [`listen`], for handlers that prevent the browser's own answer.
pub fn listen_active(target: &EventTarget, event: &'static str, then: impl FnMut(&Event) + 'static) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    hear(target, event, options, Box::new(then))
}

/// As [`listen`], before anything inside the target hears of it.
pub fn listen_early(target: &EventTarget, event: &'static str, then: impl FnMut(&Event) + 'static) -> EventListener {
    let options = EventListenerOptions::run_in_capture_phase();
    hear(target, event, options, Box::new(then))
}

#[inline(never)]
fn hear(
    target: &EventTarget,
    event: &'static str,
    options: EventListenerOptions,
    then: Box<dyn FnMut(&Event)>,
) -> EventListener {
    EventListener::new_with_options(target, event, options, then)
}

/// Does something that waits in between, beside everything else.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    spawn_boxed(Box::pin(work));
}

#[inline(never)]
fn spawn_boxed(work: Pin<Box<dyn Future<Output = ()>>>) {
    wasm_bindgen_futures::spawn_local(work);
}

/// Does something once, so many milliseconds from now.
///
/// # Errors
/// In a window that is being closed.
pub fn after(ms: i32, then: impl FnOnce() + 'static) -> Result<(), JsValue> {
    begin_timer(ms, Box::new(then))
}

#[inline(never)]
fn begin_timer(ms: i32, then: Box<dyn FnOnce()>) -> Result<(), JsValue> {
    let then = Closure::once_into_js(then);
    window()?.set_timeout_with_callback_and_timeout_and_arguments_0(then.unchecked_ref(), ms)?;
    Ok(())
}

/// The nearest element around an event's target that matches a selector.
pub fn closest<T: JsCast>(event: &Event, selector: &str) -> Option<T> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest(selector)
        .ok()??
        .dyn_into()
        .ok()
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    window().ok().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}

/// The tab is hidden, as behind another one.
pub fn is_hidden() -> bool {
    document().is_ok_and(|document| document.hidden())
}

/// Device pixels to a CSS pixel.
pub fn pixel_ratio() -> f64 {
    window().map_or(1.0, |window| window.device_pixel_ratio())
}

/// Waits until what is begun here wakes it; where that cannot be begun, as in a window that is being closed, nobody waits.
fn woken(begin: impl FnOnce(&Waker) -> Result<(), JsValue>) -> impl Future<Output = ()> {
    let mut begin = Some(begin);
    std::future::poll_fn(move |context| {
        let begun = begin.take().map(|begin| begin(context.waker()));
        if matches!(begun, Some(Ok(()))) {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
}

/// Wakes, so many milliseconds from now.
fn wake_after(ms: i32, waker: &Waker) -> Result<(), JsValue> {
    let waker = waker.clone();
    after(ms, move || waker.wake())
}

/// Goes on in a task of its own, after the browser has done what waited.
pub fn pause() -> impl Future<Output = ()> {
    woken(|waker| wake_after(0, waker))
}

/// The browser paints as soon as it can; where it does not (a GPU process that is on its way), nobody waits for longer than
/// this, milliseconds.
const PAINTED_MS: i32 = 250;

/// Goes on in a task of its own, once the page as it stands has been laid out and painted; in a tab behind others at once.
pub async fn painted() {
    if !is_hidden() {
        woken(|waker| {
            let painter = waker.clone();
            let frame = Closure::once_into_js(move || painter.wake());
            window()?.request_animation_frame(frame.unchecked_ref())?;
            wake_after(PAINTED_MS, waker)
        })
        .await;
    }
    pause().await;
}

/// What the browser remembers for all tabs of this page; nothing where it remembers nothing (a private window, a
/// sandboxed frame).
pub fn storage() -> Option<Storage> {
    window().ok()?.local_storage().ok().flatten()
}

/// What the document says under a name in its head.
pub fn meta(name: &str) -> Option<String> {
    let found = document().ok()?.query_selector(&format!("meta[name={name}]"));
    found.ok().flatten()?.get_attribute("content")
}

/// Notes in the browser's own timeline that something has happened.
pub fn mark(what: &str) {
    if let Some(timeline) = window().ok().and_then(|w| w.performance()) {
        // Refused only for names that the browser itself uses.
        let _ = timeline.mark(what);
    }
}

/// True when a media query matches.
pub fn media(query: &str) -> bool {
    window()
        .ok()
        .and_then(|w| w.match_media(query).ok().flatten())
        .is_some_and(|list| list.matches())
}
