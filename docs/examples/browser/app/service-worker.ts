// Keeps the files of the page, so that the page itself loads without its server. The state is not its business.

/** What the build puts in: a digest of all files, then their names. */
declare const pageFiles: readonly [version: string, ...names: string[]]
declare const clients: { claim(): Promise<void> }

interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

interface FetchEvent extends WorkerEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

const [version, ...names] = pageFiles
const cacheName = `page-${version}`
const urlOf = (name: string): string => new URL(name === 'index.html' ? './' : name, location.href).href
const urls = names.map(urlOf)

addEventListener('install', event => {
  const keep = async (): Promise<void> => await (await caches.open(cacheName)).addAll(urls)
  ;(event as WorkerEvent).waitUntil(keep())
})

addEventListener('activate', event => {
  const forget = async (): Promise<void> => {
    const old = (await caches.keys()).filter(name => name.startsWith('page-') && name !== cacheName)
    await Promise.all(old.map(name => caches.delete(name)))
    await clients.claim()
  }
  ;(event as WorkerEvent).waitUntil(forget())
})

// From the cache first: a server that is slow or gone must not keep the page from starting.
addEventListener('fetch', event => {
  const { request, respondWith } = event as FetchEvent
  const url = request.mode === 'navigate' ? urlOf('index.html') : request.url
  if (request.method !== 'GET' || !urls.includes(url)) return
  const answer = async (): Promise<Response> => (await (await caches.open(cacheName)).match(url)) ?? fetch(request)
  respondWith.call(event, answer())
})
