//! The way to the app for everything that listens, one thing at a time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::App;

/// The app, shared by everything that listens.
#[derive(Clone, Default)]
pub struct Handle(Rc<Shared>);

type Act = Box<dyn FnOnce(&mut App)>;

#[derive(Default)]
struct Shared {
    /// Lives as long as the page: nothing of it is ever taken apart, and no code for that is shipped.
    app: RefCell<Option<&'static mut App>>,
    waiting: RefCell<VecDeque<Act>>,
}

impl Handle {
    /// Gives the handle its app, once.
    pub(super) fn hold(&self, app: Box<App>) {
        self.0.app.replace(Some(Box::leak(app)));
    }

    /// Does something to the app before what is asked from now on, but not now.
    pub(super) fn act_later(&self, then: impl FnOnce(&mut App) + 'static) {
        self.wait(Box::new(then));
    }

    /// Does something to the app: now, or, when that is called from within the app, right after what it is doing.
    pub fn act(&self, then: impl FnOnce(&mut App) + 'static) {
        self.wait(Box::new(then));
        self.go_on();
    }

    // One of each for all that is ever done: what is generic above is only the box.
    #[inline(never)]
    fn wait(&self, act: Act) {
        self.0.waiting.borrow_mut().push_back(act);
    }

    #[inline(never)]
    fn go_on(&self) {
        let Ok(mut app) = self.0.app.try_borrow_mut() else {
            return;
        };
        let Some(app) = app.as_mut() else { return };
        loop {
            let next = self.0.waiting.borrow_mut().pop_front();
            match next {
                Some(act) => act(app),
                None => return,
            }
        }
    }

    /// Asks the app something, for scripts, which call from outside.
    ///
    /// # Errors
    /// When the page has stopped.
    pub fn ask<T>(&self, question: impl FnOnce(&mut App) -> Result<T, JsValue>) -> Result<T, JsValue> {
        let stopped = || JsValue::from(js_sys::Error::new("the page has stopped; reload it"));
        self.go_on();
        let mut app = self.0.app.try_borrow_mut().map_err(|_| stopped())?;
        question(app.as_mut().ok_or_else(stopped)?)
    }
}
