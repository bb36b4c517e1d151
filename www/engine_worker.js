// The engine's worker, and one for pictures. The page sends the engine first, packed as it came; what is unpacked and compiled here, where it
// keeps nobody waiting, goes back to the page, so that a restart, which is given that, compiles nothing anew. From then
// on the engine's own Rust listens.
import init from './engine.js';

const compile = async (blob) => {
  // A host may unpack on the way; the first bytes tell.
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const packed = first === 0x1f && second === 0x8b;
  const stream = packed ? blob.stream().pipeThrough(new DecompressionStream('gzip')) : blob.stream();
  const module = await WebAssembly.compile(await new Response(stream).arrayBuffer());
  self.postMessage(module);
  return module;
};

// A panic has spoken before. What ends without a word, and holds far more than the usual ten megabytes, is an
// allocation that failed.
let memory;
self.addEventListener('error', ({ message }) => {
  if (/unreachable/.test(message) && memory?.buffer.byteLength > 2 ** 28) {
    self.postMessage('there was not enough memory for what it was asked for; choose smaller settings');
  }
});

// Keeps the page for a fifth of a second, if the page does it.
const png = async (picture) => {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d').drawImage(picture, 0, 0);
  return canvas.convertToBlob();
};

self.onmessage = async ({ data }) => {
  self.onmessage = null;
  if (data instanceof ImageBitmap) return self.postMessage(await png(data).catch(() => null));
  try {
    ({ memory } = await init({ module_or_path: data instanceof Blob ? await compile(data) : data }));
  } catch (error) {
    self.postMessage(String(error));
  }
};
