import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { buildApp } from '../../docs/examples/browser/build-app.ts'
import { type ExampleServer, startServer } from '../../docs/examples/browser/server.ts'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const example = join(root, 'docs/examples/browser')
const isWritten = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'
const size = { width: 1280, height: 800 }

describeChromium('the browser example', () => {
  const chromium = chromiumOfTests()
  const site = fs.mkdtempSync(join(tmpdir(), 'coldsnap-browser-app-'))
  let server: ExampleServer
  let context: BrowserContext
  let page: Page
  // Answers of the server that wait to be let go; undefined: they need not wait.
  let held: (() => void)[] | undefined
  let delayMs = 0
  let errors: string[]
  let foreign: string[]

  const release = (): void => {
    for (const go of held ?? []) go()
    held = undefined
  }
  const status = async (pane: string, is: string): Promise<void> =>
    await page.locator(`#${pane}[data-status="${is}"]`).waitFor()
  const rows = async (pane: string): Promise<string[]> =>
    await page.locator(`#${pane} tr[data-id] td:first-child`).allTextContents()
  const text = async (pane: string, part: string): Promise<string> =>
    (await page.locator(`#${pane} [data-part="${part}"]`).textContent()) ?? ''
  const stored = async (): Promise<void> => await page.locator('#change:enabled').waitFor()

  /** A first visit, until the state and the page are kept. */
  async function visit(): Promise<void> {
    await page.goto(server.url)
    await stored()
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  }

  beforeAll(async () => {
    await buildApp(example, site, {
      resolve: {
        alias: [
          { find: /^coldsnap$/, replacement: join(root, 'src/index.ts') },
          { find: /^coldsnap\/level$/, replacement: join(root, 'src/store/browser-level-store.ts') },
        ],
      },
    })
  }, 120_000)
  afterAll(() => fs.rmSync(site, { recursive: true, force: true }))

  beforeEach(async () => {
    held = undefined
    delayMs = 0
    errors = []
    foreign = []
    server = await startServer({
      site,
      port: 0,
      wait: async () =>
        await new Promise(resolve => (held === undefined ? setTimeout(resolve, delayMs) : held.push(resolve))),
    })
    context = await chromium().browser.newContext({ viewport: size, colorScheme: 'light' })
    page = await context.newPage()
    page.on('pageerror', error => errors.push(String(error)))
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
    })
    page.on('request', request => {
      if (!request.url().startsWith(`${server.url}/`)) foreign.push(request.url())
    })
  })
  afterEach(async () => {
    release()
    await context.close()
    await server.close().catch(() => undefined)
    expect(foreign).toEqual([])
  })

  it('waits for the server on both sides at the first visit', async () => {
    held = []
    await page.goto(server.url)
    await status('without', 'waiting')
    await status('with', 'waiting')
    expect(await rows('with')).toEqual([])
    release()
    await status('without', 'fresh')
    await status('with', 'fresh')
    await stored()
    expect(await rows('with')).toEqual(await rows('without'))
    expect((await rows('with')).length).toBeGreaterThan(10)
    expect(await text('with', 'count')).toBe('10,000 machines')
    expect(await text('with', 'bytes-note')).toBe('all rows')
    expect(errors).toEqual([])
  })

  it('shows the stored state before the server has answered, and what changed after', async () => {
    await visit()
    held = []
    await page.reload()
    await status('with', 'stale')
    expect(await rows('with')).toContain('larch-1')
    expect(await text('with', 'first-row')).toMatch(/^[\d,]+ ms$/)
    expect(await text('with', 'fresh')).toBe('…')
    await status('without', 'waiting')
    expect(await rows('without')).toEqual([])

    const changed = server.changePeer()
    const row = page.locator(`#with tr[data-id="${changed.id}"]`)
    expect(await row.locator('td').last().textContent()).not.toBe('online')
    release()
    await page.locator(`#with tr[data-id="${changed.id}"][data-marks="online changed"]`).waitFor()
    await status('with', 'fresh')
    await status('without', 'fresh')
    await stored()
    expect(await text('with', 'bytes-note')).toMatch(/^1 row; the whole is \d\.\d MB$/)
    expect(errors).toEqual([])
  })

  it('starts without its server', async () => {
    await visit()
    await server.close()
    await page.reload()
    await status('without', 'failed')
    await page.getByText('No answer, stored').waitFor()
    await status('with', 'stale')
    expect(await rows('with')).toContain('larch-1')
    expect(await rows('without')).toEqual([])
    expect(await page.locator('#origin').textContent()).toContain('service worker')
    // The browser itself writes down that nobody answered.
    expect(errors.filter(error => !error.includes('net::ERR_CONNECTION_REFUSED'))).toEqual([])
  })

  it('writes one row when one row changes, and has it at the next start', async () => {
    await visit()
    await page.locator('#change').click()
    const changed = page.locator('#with tr[data-marks~="changed"]')
    await page.locator('#with [data-part="bytes-note"]', { hasText: '1 row' }).waitFor()
    const [id, cells] = [await changed.getAttribute('data-id'), await changed.locator('td').allTextContents()]
    const [amount, unit] = (await text('with', 'bytes')).split(' ')
    expect([unit === 'kB' && Number(amount) < 10, unit === 'B']).toContain(true)

    held = []
    await page.reload()
    await status('with', 'stale')
    const again = page.locator(`#with tr[data-id="${id}"] td`)
    expect(await again.allTextContents()).toEqual(cells)
    expect(errors).toEqual([])
  })

  it('keeps the last good state when the server fails or cannot be reached', async () => {
    await visit()
    for (const mode of ['fails', 'unreachable']) {
      const told = page.waitForResponse(response => response.url().endsWith('/api/settings'))
      await page.locator(`[value="${mode}"]`).check()
      await told
      await page.reload()
      await status('without', 'failed')
      await page.getByText('No answer, stored').waitFor()
      expect(await rows('with')).toContain('larch-1')
      await page.locator('#server fieldset:enabled').waitFor()
      expect(await page.locator(`[value="${mode}"]`).isChecked()).toBe(true)
    }
    expect(errors.filter(error => !error.startsWith('Failed to load resource'))).toEqual([])
  })

  it('forgets what it stored when it is told to', async () => {
    await visit()
    held = []
    await page.locator('#forget').click()
    await page.getByText('Nothing stored yet').waitFor()
    expect(await rows('with')).toEqual([])
  })

  it('searches and scrolls ten thousand rows with a few dozen in the document', async () => {
    await visit()
    const table = page.locator('#with .scroller')
    await table.focus()
    await page.keyboard.press('End')
    await page.locator('#with tr[aria-rowindex="10001"]').waitFor()
    expect(await page.locator('#with tr[data-id]').count()).toBeLessThan(100)

    await page.locator('#search').fill('HAZEL-13')
    await page.locator('#with [data-part="count"]', { hasText: ' of 10,000' }).waitFor()
    const found = await rows('with')
    expect(found).toContain('hazel-13')
    expect(found.filter(name => !name.startsWith('hazel-13'))).toEqual([])
    await page.locator('#search').fill('no such machine')
    expect(await rows('with')).toEqual([])
    expect(await text('with', 'empty')).toBe('No machine is called that')
    await page.locator('#search').fill('')
    expect(await rows('with')).toContain('larch-1')
    expect(errors).toEqual([])
  })

  it('fits a screen of 1280 by 800, and the width of a phone', async () => {
    await visit()
    const overflow = async (): Promise<{ x: number; y: number }> =>
      await page.evaluate(() => ({
        x: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        y: document.documentElement.scrollHeight - document.documentElement.clientHeight,
      }))
    expect(await overflow()).toEqual({ x: 0, y: 0 })
    await page.setViewportSize({ width: 400, height: 800 })
    expect((await overflow()).x).toBe(0)
  })

  it('can be photographed', async () => {
    await visit()
    server.changePeer()
    // Decides nothing: it only makes a picture of a start as it is.
    if (isWritten) delayMs = 1500
    await page.reload()
    await page.locator('#with [data-part="bytes-note"]', { hasText: '1 row' }).waitFor()
    const picture = await page.screenshot()
    expect(picture.byteLength).toBeGreaterThan(20_000)
    if (isWritten) fs.writeFileSync(join(example, 'screenshot.png'), picture)
  })
})
