import fs from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A server of files on this machine. */
export interface Served {
  /** Its origin, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

/** Where a bundle for browsers finds the package by its names. */
export const browserAliases: Readonly<Record<string, string>> = {
  coldsnap$: join(root, 'src/index.ts'),
  'coldsnap/level$': join(root, 'src/store/browser-level-store.ts'),
  'coldsnap/opfs$': join(root, 'src/opfs/opfs-store.ts'),
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
}

/**
 * Serves the files of a directory on a port of 127.0.0.1, which browsers take for a secure origin; `/` is index.html.
 * A `port` that was used before gives the same origin, and with it the same stored data.
 */
export async function serveDirectory(directory: string, port = 0): Promise<Served> {
  const top = resolve(directory)
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname)
    const file = join(top, path.endsWith('/') ? `${path}index.html` : path)
    const isThere = file.startsWith(top + sep) && fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true
    const type = types[extname(file)] ?? 'application/octet-stream'
    response.writeHead(isThere ? 200 : 404, { 'content-type': type, 'cache-control': 'no-store' })
    response.end(isThere ? fs.readFileSync(file) : undefined)
  })
  await new Promise<void>((ready, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', ready)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>(done => server.close(() => done()))
    },
  }
}

/**
 * Makes a directory of a module of this repository, or of one elsewhere, for a browser: index.html, which runs it, and `<name>.js` for each of
 * `workers`. Gives its path; it is the caller's to remove.
 */
export async function bundlePage(module: string, workers: readonly string[] = []): Promise<string> {
  const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-page-'))
  const build = await rolldown({
    input: {
      page: resolve(root, module),
      ...Object.fromEntries(workers.map(file => [nameOf(file), resolve(root, file)])),
    },
    platform: 'browser',
    logLevel: 'silent',
    resolve: { alias: browserAliases },
  })
  await build.write({ dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
  await build.close()
  const page = '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="page.js"></script>'
  fs.writeFileSync(join(dir, 'index.html'), page)
  return dir
}

function nameOf(file: string): string {
  return file.replace(/^.*\/|\.ts$/g, '')
}

/** Bundles a page with its workers and serves it; closing removes the files too. */
export async function servePage(module: string, workers: readonly string[] = []): Promise<Served> {
  const dir = await bundlePage(module, workers)
  const { url, close } = await serveDirectory(dir)
  return {
    url,
    close: async () => {
      await close()
      fs.rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A page for all tests of a `describeChromium`. */
export function pageOfTests(module: string, workers?: readonly string[]): () => Served {
  let served: Served | undefined
  beforeAll(async () => {
    served = await servePage(module, workers)
  })
  afterAll(async () => await served?.close())
  return () => served!
}
