
// Put before the end of the engine's worker by a test: what the engine takes of memory, told when asked.
const figures = { memory: undefined, created: 0, live: 0, bytes: 0 };
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...given) => {
  const made = await instantiate(...given);
  figures.memory = (made.instance ?? made).exports.memory;
  return made;
};
if (self.GPUDevice) {
  const sizes = new Map();
  let last = 0;
  const gone = (number) => {
    if (!sizes.has(number)) return;
    figures.live -= 1;
    figures.bytes -= sizes.get(number);
    sizes.delete(number);
  };
  // A buffer that nobody holds any more is as good as destroyed.
  const collected = new FinalizationRegistry(gone), numbers = new WeakMap();
  const { createBuffer } = GPUDevice.prototype, { destroy } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor), number = (last += 1);
    sizes.set(number, buffer.size);
    numbers.set(buffer, number);
    collected.register(buffer, number);
    figures.created += 1;
    figures.live += 1;
    figures.bytes += buffer.size;
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    gone(numbers.get(this));
    return destroy.call(this);
  };
}
const asked = new BroadcastChannel('figures');
asked.onmessage = async ({ data }) => {
  if (data !== 'tell') return;
  // What nobody holds is to be gone, and those who wait for its end are to hear of it, whenever the browser would.
  for (let round = 0; round < 3; round++) {
    self.gc?.();
    await new Promise((soon) => setTimeout(soon, 20));
  }
  asked.postMessage({ ...figures, memory: figures.memory?.buffer.byteLength });
};
