// Put before the page by a test: what the page takes of memory, how many frames it was given, how often the engine said
// something, and what the page complains of.
{
  const watched = window.watched = { memory: undefined, frames: 0, reports: 0, complaints: [] };
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', () => { watched.reports += 1; });
    }
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const make = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await make.apply(WebAssembly, given);
      watched.memory = (made.instance ?? made).exports.memory;
      return made;
    };
  }
  const count = () => {
    watched.frames += 1;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  const complain = (...words) => watched.complaints.push(words.map(String).join(' '));
  addEventListener('error', ({ message }) => complain(message));
  addEventListener('unhandledrejection', ({ reason }) => complain(reason));
  const { error } = console;
  console.error = (...words) => {
    complain(...words);
    error.apply(console, words);
  };
}
