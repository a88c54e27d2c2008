import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { inspectPage } from '../../src/cli/inspect-page.ts'
import { scratch } from '../store/scratch.ts'
import { runCli } from './cli-run.ts'
import { startInspect } from './inspect-run.ts'
import { makeSample } from './sample-caches.ts'

const ask = async (url: string, path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${url}api/${path}`)).json()) as Record<string, unknown>

it('answers what the page asks', async () => {
  const dir = scratch()
  await makeSample(dir, 'file', 120)
  const url = await startInspect(dir)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/)
  expect(await ask(url, 'listing')).toMatchObject({ caches: [{ name: 'app', generations: [{ generation: 2 }, {}] }] })
  expect(await ask(url, 'state?cache=app&generation=1')).toMatchObject({
    columns: [{}, {}, { name: 'peers', count: 120 }, {}],
  })
  const column = 'column?cache=app&generation=1&column=peers&offset=100&limit=50'
  const rows = (await ask(url, column)) as { total: number; elements: unknown[][] }
  expect([rows.total, rows.elements.length, rows.elements[0]]).toEqual([
    120,
    20,
    ['n100', { id: 'n100', name: 'peer 100' }],
  ])
  expect(await ask(url, `${column}&contains=11`.replace('offset=100', 'offset=1'))).toMatchObject({
    total: 11,
    elements: [['n110', {}], ...Array.from({ length: 9 }, () => [expect.stringContaining('11'), {}])],
  })
  expect(await ask(url, 'column?cache=app&column=self')).toMatchObject({
    shape: 'plain',
    elements: [['', { name: 'ada', since: { $type: 'Date' } }]],
  })
  expect(await ask(url, 'verify')).toMatchObject({ ok: true })
  expect(await ask(url, 'column?cache=app&column=nope')).toEqual({
    error: expect.stringContaining('There is no column'),
  })
  expect((await fetch(`${url}api/bogus`)).status).toBe(404)
  // It holds nothing: a writer is not kept out, and what it writes is seen.
  await makeSample(dir, 'file', 5)
  expect(await ask(url, 'listing')).toMatchObject({ caches: [{ generations: [{ generation: 4 }, {}] }] })
})

it("shows Tailscale's directories too", async () => {
  const url = await startInspect(fileURLToPath(new URL('../../fixtures/netmapcache/realistic/dir', import.meta.url)))
  expect(await ask(url, 'column?cache=netmap&column=Peers&limit=2')).toMatchObject({ shape: 'array', total: 5 })
})

describe('the page', () => {
  it('asks nobody else, and its script is one that runs', () => {
    const page = inspectPage('abc')
    expect(page).not.toMatch(/https?:|\/\/[a-z]|<(?:link|img|iframe|object)|@import|url\(|innerHTML|eval\(/)
    const [, script = ''] = /<script nonce="abc">([\s\S]*)<\/script>/.exec(page) ?? []
    expect(() => new Script(script)).not.toThrow()
    // Whatever it looks for is there.
    const ids = [...script.matchAll(/byId\(["'](\w+)["']\)/g)].map(([, id]) => id)
    expect(ids.length).toBeGreaterThan(10)
    for (const id of ids) expect(page).toContain(`id="${id}"`)
  })

  it('is served with a policy that lets nothing else in', async () => {
    const dir = scratch()
    await makeSample(dir)
    const url = await startInspect(dir)
    const [one, two] = [await fetch(url), await fetch(url)]
    const policy = one.headers.get('content-security-policy')!
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'nonce-[^']+'; style-src 'nonce-[^']+'; connect-src 'self';/,
    )
    expect(policy).not.toBe(two.headers.get('content-security-policy'))
    expect(await one.text()).toContain(/nonce-([^']+)'/.exec(policy)![1]!)
    expect(one.headers.get('cache-control')).toBe('no-store')
    expect(one.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('is for who was told its URL, by its own name', async () => {
    const dir = scratch()
    await makeSample(dir)
    const url = new URL(await startInspect(dir))
    const statusOf = async (path: string, options: { host?: string; method?: string } = {}): Promise<number> =>
      await new Promise((resolve, reject) => {
        const { host = url.host, method = 'GET' } = options
        const asking = request({ host: '127.0.0.1', port: url.port, path, method, headers: { host } }, answer => {
          answer.resume()
          resolve(answer.statusCode!)
        })
        asking.once('error', reject).end()
      })
    expect(await statusOf(url.pathname)).toBe(200)
    expect(await statusOf(url.pathname, { host: `localhost:${url.port}` })).toBe(200)
    expect(await statusOf('/')).toBe(404)
    expect(await statusOf(`/${'0'.repeat(32)}/api/listing`)).toBe(404)
    expect(await statusOf(url.pathname, { host: 'evil.example' })).toBe(403)
    expect(await statusOf(url.pathname, { method: 'POST' })).toBe(405)
  })
})

it('a directory that is none, and a port that is taken, are told at once', async () => {
  const dir = scratch()
  expect((await runCli(['inspect', `${dir}/none`])).code).toBe(3)
  expect((await runCli(['inspect', dir, '--port', '65536'])).code).toBe(2)
  const url = new URL(await startInspect(dir))
  expect((await runCli(['inspect', dir, '--port', url.port])).code).toBe(7)
})
