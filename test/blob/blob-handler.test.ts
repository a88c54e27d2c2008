import { describe, expect, it } from 'vitest'
import { blobHandler } from '../../src/blob/blob-handler.ts'
import { parseRange } from '../../src/blob/http-range.ts'
import { type Bench, makeBench } from './cache-bench.ts'

const body = 'The quick brown fox'

async function served(): Promise<{
  bench: Bench
  ask: (path: string, init?: RequestInit) => Promise<Response>
  etag: string
}> {
  const bench = makeBench()
  const { etag } = await bench.cache.put('dir/fox ä.txt', body, { contentType: 'text/plain' })
  const handler = blobHandler(bench.cache, { basePath: '/blobs/' })
  const ask = (path: string, init?: RequestInit): Promise<Response> => handler(new Request(`http://host${path}`, init))
  return { bench, ask, etag }
}

const path = `/blobs/dir/${encodeURIComponent('fox ä.txt')}?query`

describe('the handler', () => {
  it('serves a blob with its headers, and HEAD without its body', async () => {
    const { ask, etag, bench } = await served()
    bench.nowMs += 5500
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(path, { method })
      expect(response.status).toBe(200)
      expect(await response.text()).toBe(method === 'GET' ? body : '')
      const { headers } = response
      expect(headers.get('content-type')).toBe('text/plain')
      expect(headers.get('content-length')).toBe(String(body.length))
      expect(headers.get('etag')).toBe(`"${etag}"`)
      expect(headers.get('last-modified')).toBe(new Date(1e12).toUTCString())
      expect(headers.get('accept-ranges')).toBe('bytes')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      if (method === 'GET') expect(headers.get('age')).toBe('5')
    }
  })

  it('B30: serves single ranges', async () => {
    const { ask, etag } = await served()
    const ranges = {
      'bytes=4-8': 'quick',
      'bytes=-3': 'fox',
      'bytes=16-': 'fox',
      'bytes=16-99': 'fox',
      'bytes=0-0': 'T',
    }
    for (const [range, wanted] of Object.entries(ranges)) {
      const response = await ask(path, { headers: { range } })
      expect(response.status).toBe(206)
      expect(await response.text()).toBe(wanted)
      const start = body.indexOf(wanted)
      expect(response.headers.get('content-range')).toBe(`bytes ${start}-${start + wanted.length - 1}/${body.length}`)
      expect(response.headers.get('content-length')).toBe(String(wanted.length))
    }
    const beyond = await ask(path, { headers: { range: 'bytes=19-' } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */19'])
    for (const range of ['bytes=1-2,4-5', 'lines=1-2', 'bytes=5-4', 'bytes=-', 'nonsense']) {
      const response = await ask(path, { headers: { range } })
      expect([response.status, await response.text()]).toEqual([200, body])
    }
    const join = async (ifRange: string): Promise<number> =>
      (await ask(path, { headers: { range: 'bytes=4-8', 'if-range': ifRange } })).status
    expect(await join(`"${etag}"`)).toBe(206)
    expect(await join('"another"')).toBe(200)
    expect(await join(new Date(1e12).toUTCString())).toBe(200)
    expect((await ask(path, { method: 'HEAD', headers: { range: 'bytes=4-8' } })).status).toBe(200)
  })

  it('says that a blob is unchanged', async () => {
    const { ask, etag } = await served()
    const status = async (headers: Record<string, string>): Promise<number> => (await ask(path, { headers })).status
    for (const tag of [`"${etag}"`, `W/"${etag}"`, `"a", "${etag}"`, '*']) {
      const response = await ask(path, { headers: { 'if-none-match': tag } })
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', `"${etag}"`])
    }
    expect(await status({ 'if-none-match': '"another"' })).toBe(200)
    expect(await status({ 'if-modified-since': new Date(1e12).toUTCString() })).toBe(304)
    expect(await status({ 'if-modified-since': new Date(1e12 - 1000).toUTCString() })).toBe(200)
    expect(await status({ 'if-modified-since': 'nonsense' })).toBe(200)
    const later = new Date(1e12).toUTCString()
    expect(await status({ 'if-none-match': '"another"', 'if-modified-since': later })).toBe(200)
  })

  it('B8: is 404 for what is not there, and for what can be no key; 405 for another method', async () => {
    const { ask } = await served()
    const paths = [
      '/blobs/',
      '/blobs/missing',
      '/other',
      '/blobs/%2e%2e/x',
      '/blobs/%2Fabs',
      '/blobs/a%00',
      '/blobs/%E0%A4',
    ]
    for (const each of [...paths, '/blobs/..%2Fx', '/blobs/..%5Cx', `/blobs/${'a'.repeat(2000)}`]) {
      expect((await ask(each)).status, each).toBe(404)
    }
    for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS']) {
      const response = await ask(path, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })

  it('sends no header that a content type could smuggle in', async () => {
    const { ask, bench } = await served()
    for (const contentType of ['', 'a/b\r\nset-cookie: x', 'ä/b']) {
      await bench.cache.put('odd', 'x', { contentType })
      expect((await ask('/blobs/odd')).headers.get('content-type')).toBe('application/octet-stream')
    }
  })

  it('serves the blob that is there when it was replaced in between', async () => {
    const { ask, bench } = await served()
    const { open } = bench.store
    let isFirst = true
    bench.store.open = async (...args) => {
      if (isFirst) {
        isFirst = false
        await bench.cache.put('dir/fox ä.txt', 'new')
      }
      return await open.apply(bench.store, args)
    }
    const response = await ask(path, { headers: { range: 'bytes=1-' } })
    expect([response.status, await response.text()]).toEqual([206, 'ew'])
    expect(response.headers.get('content-range')).toBe('bytes 1-2/3')
  })

  it('refuses a wrong base path', () => {
    expect(() => blobHandler(makeBench().cache, { basePath: 'blobs' })).toThrow(TypeError)
  })
})

it('ranges of an empty body are none', () => {
  expect(parseRange('bytes=0-', 0)).toBe('none')
  expect(parseRange('bytes=-5', 0)).toBe('none')
  expect(parseRange('bytes=-0', 5)).toBe('none')
  expect(parseRange('bytes=-99', 5)).toEqual({ start: 0, end: 5 })
})
