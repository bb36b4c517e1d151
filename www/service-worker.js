// Keeps the site for when there is no network: the files of exactly one build, so that page and engine always fit.
// VERSION and FILES are written in when the site is packed (www/pack-site.sh).
//
// A new build is fetched while the old one goes on; the page offers it (src/page/offline.rs), and takes it over when
// its reader says so. The build before stays as well, for tabs that still run it.
const VERSION = '';
const FILES = [];

const scope = self.registration.scope;
const mine = `scorefield ${scope} `;
const name = mine + VERSION;

self.addEventListener('install', (event) => {
  // Asked of the host anew: a file that the browser kept from before would not be of this build.
  const requests = FILES.map((file) => new Request(file, { cache: 'no-cache' }));
  event.waitUntil(caches.open(name).then((cache) => cache.addAll(requests)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const builds = (await caches.keys()).filter((key) => key.startsWith(mine));
    await Promise.all(builds.slice(0, -2).map((key) => caches.delete(key)));
    await self.clients.claim();
  })());
});

self.addEventListener('message', (event) => {
  if (event.data === 'take over') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(scope)) event.respondWith(answer(request));
});

async function answer(request) {
  const exactly = { ignoreSearch: true, ignoreVary: true };
  const url = new URL(request.url);
  if (url.pathname.endsWith('/index.html')) url.pathname = url.pathname.slice(0, -'index.html'.length);
  const kept = await (await caches.open(name)).match(url, exactly);
  return kept ?? (await caches.match(url, exactly)) ?? fetch(request);
}
