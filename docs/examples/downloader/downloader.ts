import { BlobCache, type BlobFetcher, type BlobStore } from 'coldsnap/blob'
import { ProgressBar, paint, type Screen, sizeOf } from './screen.ts'

/** What a {@link Downloader} needs. */
export interface DownloaderParts {
  readonly store: BlobStore
  /** Where downloads come from, without a slash at the end. */
  readonly url: string
  readonly screen: Screen
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

const hourMs = 3_600_000

/** Downloads what is not cached or not fresh any more, and goes on with what is cached where that fails. */
export class Downloader {
  readonly #parts: DownloaderParts
  readonly #cache: BlobCache
  #why = ''

  constructor(parts: DownloaderParts) {
    this.#parts = parts
    this.#cache = new BlobCache(parts.store, {
      namespace: 'downloads',
      ttlMs: hourMs,
      graceMs: 7 * 24 * hourMs,
      clock: parts.clock,
      onProblem: ({ error }) => {
        this.#why = String(error instanceof Error && error.cause instanceof Error ? error.cause.message : error)
      },
    })
  }

  /** Gets a file and says where from. Here its bytes are only counted; a program would write them somewhere. */
  async get(name: string): Promise<void> {
    const { screen } = this.#parts
    let how = 'cached'
    const hit = await this.#cache.openOrFetch(name, async context => {
      const response = await this.#fetch(name)(context)
      how = response.status === 304 ? 'not changed' : 'downloaded'
      return response
    })
    if (hit === undefined) return void screen.write(`  ${name.padEnd(14)}there is no such file\n`)
    let bytes = 0
    for await (const chunk of hit.stream()) bytes += chunk.byteLength
    if (hit.stale) how = `stale by ${Math.round(-hit.expiresInMs! / hourMs)} h`
    const note = hit.stale ? ` (${this.#why})` : ''
    const label = paint(screen, hit.stale ? 'yellow' : 'green', how)
    screen.write(`  ${name.padEnd(14)}${sizeOf(bytes).padStart(8)}  ${label}${paint(screen, 'dim', note)}\n`)
  }

  #fetch(name: string): (context: Parameters<BlobFetcher>[0]) => Promise<Response> {
    return async ({ signal, stale }) => {
      const known = stale?.meta.sourceEtag
      const headers = known === undefined ? undefined : { 'if-none-match': known }
      const response = await fetch(`${this.#parts.url}/${name}`, { signal, headers: headers ?? {} })
      if (response.status !== 200) return response
      const bar = new ProgressBar(this.#parts.screen, name, Number(response.headers.get('content-length')))
      let bytes = 0
      const counter = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength
          bar.update(bytes)
          controller.enqueue(chunk)
        },
        flush: () => bar.clear(),
      })
      return new Response(response.body!.pipeThrough(counter), { headers: response.headers })
    }
  }
}
