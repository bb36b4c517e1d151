//! Promises that the engine has to keep, matched to its reports by number.

use js_sys::{Array, Float32Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::error;
use crate::engine::protocol::{DensityError, Devices, Floats, Progress};

/// Both ends of a promise.
struct Pending {
    resolve: Function,
    reject: Function,
}

impl Pending {
    fn promise() -> (Self, Promise) {
        let mut ends = None;
        let promise = Promise::new(&mut |resolve, reject| ends = Some(Self { resolve, reject }));
        let none = || Self {
            resolve: Function::default(),
            reject: Function::default(),
        };
        (ends.unwrap_or_else(none), promise)
    }

    // A resolver of a promise never throws.
    fn keep(self, value: &JsValue) {
        let _ = self.resolve.call1(&JsValue::UNDEFINED, value);
    }

    fn break_off(self, message: &str) {
        let _ = self.reject.call1(&JsValue::UNDEFINED, &error(message));
    }
}

/// What the engine still owes to scripts.
#[derive(Default)]
pub struct Requests {
    next: u32,
    /// By number; a handful at most.
    pending: Vec<(u32, Pending)>,
    ready: Option<Pending>,
}

impl Requests {
    /// The promise of `scorefield.ready`; kept by [`Self::ready`].
    pub fn readiness(&mut self) -> Promise {
        let (pending, promise) = Pending::promise();
        self.ready = Some(pending);
        // A page without scripts does not care, and the browser should not complain of an unhandled rejection.
        let nobody = Closure::<dyn FnMut(JsValue)>::new(|_| ());
        let _ = promise.catch(&nobody);
        nobody.forget();
        promise
    }

    /// A new promise and its number.
    pub(super) fn open(&mut self) -> (u32, Promise) {
        let (pending, promise) = Pending::promise();
        let number = self.number();
        self.pending.push((number, pending));
        (number, promise)
    }

    /// A number for a request that the page itself makes, with no promise.
    pub fn number(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    /// The devices are chosen.
    pub fn ready(&mut self, devices: &Devices) {
        if let Some(pending) = self.ready.take() {
            pending.keep(&object(&[
                ("backend", devices.training.name().into()),
                ("training", devices.training.name().into()),
                ("sampling", devices.sampling.name().into()),
                ("adapter", devices.adapter.as_str().into()),
                ("software", devices.software.into()),
                ("reason", devices.reason.as_str().into()),
            ]));
        }
    }

    /// Training is done.
    pub fn trained(&mut self, request: u32, step: u64, seconds: f64, progress: &Progress) {
        self.keep(request, &|| {
            let mut fields = vec![("step", (step as f64).into()), ("seconds", seconds.into())];
            fields.extend(measured(progress));
            object(&fields)
        });
    }

    /// Samples are drawn.
    pub fn sampled(&mut self, request: u32, points: &Floats) {
        self.keep(request, &|| floats(points));
    }

    /// A field is evaluated; what it does not know is empty, and then not in the answer.
    pub fn evaluated(&mut self, request: u32, values: &[(&str, &Floats)]) {
        self.keep(request, &|| {
            let known = values.iter().filter(|(_, values)| !values.0.is_empty());
            object(&known.map(|&(name, values)| (name, floats(values))).collect::<Vec<_>>())
        });
    }

    /// The network's density is compared with the truth.
    pub fn measured(&mut self, request: u32, found: &DensityError) {
        self.keep(request, &|| {
            object(&[
                ("step", (found.stamp.step as f64).into()),
                ("sigma", found.sigma.into()),
                ("count", found.count.into()),
                ("nll", found.nll.into()),
                ("kl", found.kl.into()),
                ("error", found.error.into()),
                ("gridKl", found.grid.into()),
            ])
        });
    }

    /// A file of weights is written; false when no script asked for it.
    pub fn saved(&mut self, request: u32, bytes: &[u8]) -> bool {
        self.keep(request, &|| Uint8Array::from(bytes).into())
    }

    /// A file of weights is loaded.
    pub fn loaded(&mut self, request: u32, step: u64) {
        self.keep(request, &|| object(&[("step", (step as f64).into())]));
    }

    /// A request was refused; false when no script made it.
    pub fn failed(&mut self, request: u32, message: &str) -> bool {
        let pending = self.take(request);
        let asked = pending.is_some();
        if let Some(pending) = pending {
            pending.break_off(message);
        }
        asked
    }

    /// The engine is gone, for this reason, and keeps nothing any more.
    pub fn lose(&mut self, reason: &str) {
        for (_, pending) in self.pending.drain(..) {
            pending.break_off(&format!("the engine {reason}"));
        }
    }

    /// No other engine comes by itself.
    pub fn give_up(&mut self, reason: &str) {
        if let Some(pending) = self.ready.take() {
            pending.break_off(reason);
        }
    }

    fn take(&mut self, request: u32) -> Option<Pending> {
        let at = self.pending.iter().position(|(number, _)| *number == request)?;
        Some(self.pending.swap_remove(at).1)
    }

    /// Keeps a promise; false when there is none.
    fn keep(&mut self, request: u32, value: &dyn Fn() -> JsValue) -> bool {
        let pending = self.take(request);
        let asked = pending.is_some();
        if let Some(pending) = pending {
            pending.keep(&value());
        }
        asked
    }
}

/// A measurement as fields of an object: `sigmas`, `error`, `floor`, `excess`, `nats`.
pub(super) fn measured(progress: &Progress) -> [(&'static str, JsValue); 5] {
    let list = |values: &[f32]| -> JsValue { values.iter().map(|&v| JsValue::from(v)).collect::<Array>().into() };
    [
        ("sigmas", list(&progress.sigmas)),
        ("error", list(&progress.error)),
        ("floor", list(&progress.floor)),
        ("excess", list(&progress.excess)),
        ("nats", progress.nats.into()),
    ]
}

/// A plain object.
pub(super) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in fields {
        // Fails only for frozen objects.
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object.into()
}

fn floats(values: &Floats) -> JsValue {
    Float32Array::from(values.0.as_slice()).into()
}
