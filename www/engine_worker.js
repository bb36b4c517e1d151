// The engine's worker. The page sends the compiled module first, so that a restart compiles nothing anew;
// from then on the engine's own Rust listens.
import init from './engine.js';
self.onmessage = ({ data }) => {
  self.onmessage = null;
  init({ module_or_path: data }).catch((error) => self.postMessage(String(error)));
};
