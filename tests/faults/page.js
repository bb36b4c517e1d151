// Put before the page by a test: an engine that does not arrive, a tab that is hidden, an hour that has passed, and, once
// a GPU or an engine was lost, a clock that goes ten times as slowly: what a software adapter compiles then may take
// minutes, and on a busy machine an engine may be back late. What the page says is noted: it may be gone in a moment.
{
  const channel = new BroadcastChannel('faults');
  let later = 0, hidden = false, waiting = [], slowed = Infinity;

  const shown = (at) => Math.min(at, slowed) + Math.max(at - slowed, 0) / 10 + later;
  const { now } = Performance.prototype;
  Performance.prototype.now = function () { return shown(now.call(this)); };
  const { requestAnimationFrame } = window;
  window.requestAnimationFrame = (then) => hidden
    ? waiting.push(then)
    : requestAnimationFrame((at) => then(shown(at)));
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  Object.defineProperty(document, 'visibilityState', { get: () => hidden ? 'hidden' : 'visible' });
  const hide = (value) => {
    hidden = value;
    document.dispatchEvent(new Event('visibilitychange'));
    waiting.splice(0).forEach((then) => window.requestAnimationFrame(then));
  };

  let stalled = new URLSearchParams(location.search).get('fault') === 'stalled';
  const { fetch } = window;
  window.fetch = async (what, ...more) => {
    if (!stalled || !String(what).includes('.wasm.gz')) return fetch(what, ...more);
    stalled = false;
    return new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1000)) }));
  };

  const heard = window.heard = [];
  document.addEventListener('DOMContentLoaded', () => {
    const banners = document.getElementById('banners'), note = (nodes) => nodes.forEach((one) => heard.push(one.textContent));
    note(banners.childNodes);
    new MutationObserver((all) => all.forEach(({ addedNodes }) => note(addedNodes))).observe(banners, { childList: true });
  });

  // What was said before it is no answer to it.
  window.fault = (name) => {
    heard.length = 0;
    if (name === 'an-hour') later += 3.6e6;
    if (name === 'lose-gpu' || name === 'crash') slowed = Math.min(slowed, now.call(performance));
    if (name === 'hide' || name === 'show') hide(name === 'hide');
    channel.postMessage(name);
  };
}
