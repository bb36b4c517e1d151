// Put before the engine's worker by a test: what may go wrong there, as the address asks or when it is told to.
{
  const never = new Promise(() => {});
  let memory, later = 0;
  const devices = [];

  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate(...given);
    memory = (made.instance ?? made).exports.memory;
    return made;
  };
  const { now } = Performance.prototype;
  Performance.prototype.now = function () { return now.call(this) + later; };
  if (self.GPUAdapter) {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...given) {
      const device = await requestDevice.apply(this, given);
      devices.push(device);
      return device;
    };
  }

  const atStart = {
    'no-webgpu': () => Object.defineProperty(navigator, 'gpu', { value: undefined }),
    'no-adapter': () => { GPU.prototype.requestAdapter = async () => null; },
    'silent-adapter': () => { GPU.prototype.requestAdapter = () => never; },
    'no-timestamps': () => {
      const { get } = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
      Object.defineProperty(GPUAdapter.prototype, 'features', {
        get() { return new Set([...get.call(this)].filter((name) => name !== 'timestamp-query')); },
      });
    },
    // The engine cannot do without, and says so by a panic.
    panic: () => { self.MessageChannel = class { constructor() { throw new Error('no channels here'); } }; },
  };
  atStart[new URLSearchParams(location.search).get('fault')]?.();

  const whenTold = {
    crash: () => new Uint8Array(memory.buffer).fill(255),
    hang: () => { for (;;); },
    // All that there is for a module of 32 bits but some megabytes, which nobody uses.
    fill: () => memory.grow(65_536 - memory.buffer.byteLength / 65_536 - 64),
    'lose-gpu': () => devices.forEach((device) => device.destroy()),
    'an-hour': () => { later += 3.6e6; },
  };
  new BroadcastChannel('faults').onmessage = ({ data }) => whenTold[data]?.();
}
