//! Pictures of what is on the page: one moment of it, drawn anew beside everything else.

use wasm_bindgen::JsValue;
use web_sys::{Blob, Element, HtmlSelectElement};

use super::App;
use super::charts::complain;
use super::reports::log;
use crate::page::banner::{self, Kind};
use crate::page::lab::sigma_text;
use crate::page::picture::View;
use crate::page::print::{Print, Work};
use crate::page::tile::{TilesShot, source_name};
use crate::page::{captions, dom, number};

/// A longer link is no caption.
const LINK: usize = 300;
/// The action that stops a picture.
const STOP: &str = "stop-picture";

impl App {
    /// The view that is chosen in the dialog.
    pub(super) fn view(&self) -> Result<View, JsValue> {
        let select: HtmlSelectElement = dom::element("save-view")?;
        let chosen = dom::all::<Element>("#save-view option:checked");
        let chosen = chosen.first().ok_or(JsValue::NULL)?;
        let name = chosen.get_attribute("data-name").unwrap_or_default();
        let mut caption = Vec::new();
        if name != "stage" {
            caption.push(chosen.text_content().unwrap_or_default());
        }
        let mut what = captions::data(&self.lab.target);
        if name != "levels" {
            let sigma = sigma_text(self.shown_sigma());
            what += &format!(", {} field, σ = {sigma}", source_name(self.screen.source));
        }
        caption.push(what);
        if !dom::element::<HtmlSelectElement>("save-link")?.value().is_empty() {
            let link = self.link();
            caption.push(if link.len() > LINK {
                "(a longer link than fits here)".to_owned()
            } else {
                link
            });
        }
        Ok(View {
            of: select.value(),
            name,
            caption,
        })
    }

    /// Begins a picture of the chosen view, unless one is being made.
    pub(super) fn save_picture(&mut self) {
        if self.saving.picture.is_some() {
            return;
        }
        if let Err(error) = self.begin_picture() {
            self.end_picture("", Err(error));
        }
    }

    #[inline(never)]
    fn begin_picture(&mut self) -> Result<(), JsValue> {
        let view = self.view()?;
        let scale = number::parse(&dom::element::<HtmlSelectElement>("save-scale")?.value()).unwrap_or(1.0);
        let mut print = Print::new(&view, scale)?;
        // What is on it is of now, and what is drawn later from what is taken up here.
        let tiles = match view.name.as_str() {
            "strip" => self.strip.shots(&print),
            "levels" => self.multiples.shots(&print),
            _ => Vec::new(),
        };
        let now_ms = dom::now_ms();
        let tiles = TilesShot::new(tiles, self.theme.is_dark());
        let mut work: Vec<Box<dyn Work>> = vec![Box::new(tiles)];
        if view.name == "stage" {
            let place = print.place(&dom::element("stage")?);
            let beside = self.rival.as_ref().map(|rival| rival.place(&print));
            work.extend(self.stage.shot(place, beside));
            if let Some((rival, beside)) = self.rival.as_mut().zip(beside) {
                work.push(rival.crowd(&self.stage, beside));
            }
        }
        self.draw_charts_of(&print, now_ms, scale);
        let taken = print.take_charts();
        self.draw_charts_of(&print, now_ms, dom::pixel_ratio());
        taken?;
        self.saving.picture = Some(print.stopped());
        banner::show(Kind::Offer, "The picture is being made.", Some(("Stop", STOP)));
        let (handle, name) = (self.handle.clone(), format!("{}-{scale}x.png", view.name));
        dom::spawn(async move {
            let made = print.make(work, view.caption).await;
            handle.act(move |app| app.end_picture(&name, made));
        });
        Ok(())
    }

    /// Draws the charts of a picture on their own canvases, with so many pixels to a CSS pixel.
    fn draw_charts_of(&mut self, print: &Print, now_ms: f64, ratio: f64) {
        // A chart of no size is not drawn.
        complain(self.draw_charts(&|id| if print.has(id) { ratio } else { 0.0 }));
        if print.has("marginal-x") && self.has_marginals() {
            complain(self.draw_marginals(now_ms, ratio));
        }
    }

    /// The picture is not wanted any more.
    pub(super) fn stop_picture(&self) {
        if let Some(stopped) = &self.saving.picture {
            stopped.set(true);
        }
    }

    fn end_picture(&mut self, name: &str, made: Result<Blob, JsValue>) {
        let stopped = self.saving.picture.take().is_some_and(|stopped| stopped.get());
        banner::take_back(STOP);
        match made {
            Ok(blob) => self.offer_file(name, Some(blob)),
            Err(_) if stopped => {}
            Err(error) => {
                log(&error);
                let message = "This picture could not be made; a smaller one may be.";
                banner::show(Kind::Error, message, None);
            }
        }
    }
}
