import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { keyFromHex } from '../../src/bytes/file-name.ts'
import { entries, keyed, SnapshotCache, type Store } from '../../src/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { mayWrite } from '../format/fixture-store.ts'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { scratch } from '../store/scratch.ts'
import { startInspect } from './inspect-run.ts'
import { makeSample } from './sample-caches.ts'

const day = 86_400_000
const savedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5)

/** Two caches as an application has them, one with five generations, the oldest of which is damaged. */
async function makeShop(dir: string): Promise<void> {
  await using store = await FileStore.open(dir)
  let nowMs = savedAtMs
  // Without removing: a cache would keep two generations.
  const keeping: Store = {
    list: (prefix, options) => store.list(prefix, options),
    load: (key, options) => store.load(key, options),
    store: (key, value, options) => store.store(key, value, options),
    remove: async () => undefined,
  }
  const shop = new SnapshotCache<object>(keeping, {
    name: 'shop',
    columns: { products: keyed('sku'), customers: entries(), orders: keyed('id'), texts: entries() },
    now: () => nowMs,
  })
  const products = Array.from({ length: 130 }, (_, i) => ({
    sku: `sku-${i}`,
    name: `Product ${i}`,
    price: (i * 37) % 100,
    text: 'warm and light '.repeat(12),
  }))
  const customers = Object.fromEntries(products.map((_, i) => [`c${i}`, { name: `Customer ${i}`, city: 'Bergen' }]))
  const orders = products.map((_, i) => ({ id: `o${i}`, customer: `c${i}`, total: i }))
  const code = (i: number): string => (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(36)
  const coupons = products.map((_, i) => code(i) + code(i * 7) + code(i * 13))
  const texts = new Map(coupons.slice(0, 60).map((coupon, i) => [`text ${i}`, coupon.repeat(3)]))
  for (let i = 0; i < 5; i++) {
    await shop.store({ products, coupons, texts, customers, orders, settings: { currency: 'EUR', round: i } })
    nowMs += day * (i + 1)
  }
  const session = new SnapshotCache(store, { name: 'session', now: () => savedAtMs })
  await session.store({ user: { name: 'ada' }, theme: 'dark' })
  const oldest = readdirSync(dir).find(file => keyFromHex(file)?.startsWith('shop/@head/000000000001'))!
  const bytes = readFileSync(join(dir, oldest))
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(join(dir, oldest), bytes)
}

describeChromium('the page of inspect in Chromium', () => {
  const chromium = chromiumOfTests({ args: ['--host-resolver-rules=MAP evil.example 127.0.0.1'] })

  /** A page that is open on a directory; ends the test if it asks anybody else, or breaks a rule of its policy. */
  async function open(
    url: string,
    options: Parameters<ReturnType<typeof chromium>['browser']['newContext']>[0] = {},
  ): Promise<Page> {
    const context = await chromium().browser.newContext({ timezoneId: 'UTC', locale: 'en-GB', ...options })
    const page = await context.newPage()
    const foreign: string[] = []
    const errors: string[] = []
    page.on('request', request => {
      if (!request.url().startsWith(url)) foreign.push(request.url())
    })
    page.on('console', message => {
      if (message.type() === 'error') errors.push(message.text())
    })
    page.on('pageerror', error => errors.push(String(error)))
    onTestFinished(async () => {
      await context.close()
      expect(foreign).toEqual([])
      expect(errors).toEqual([])
    })
    page.setDefaultTimeout(20_000)
    await page.goto(url)
    return page
  }

  const textsOf = async (page: Page, selector: string): Promise<string[]> =>
    await page.locator(selector).allTextContents()
  const focused = async (page: Page): Promise<string> =>
    await page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
    )

  it('shows caches, generations, columns and values', async () => {
    const dir = scratch()
    await makeShop(dir)
    const page = await open(await startInspect(dir))
    await page.getByRole('button', { name: 'shop' }).click()
    await page.locator('#rows tr').nth(49).waitFor()
    expect(await page.textContent('#directory')).toBe(dir)
    expect((await textsOf(page, '#caches b')).sort()).toEqual(['session', 'shop'])
    expect(await textsOf(page, '#line button')).toEqual(['1', '2', '3', '4', '5'])
    expect(await page.locator('#line button:disabled').textContent()).toBe('1')
    expect(await page.textContent('#about')).toMatch(
      /^Generation 5 · saved 12\/01\/2026, 03:04:05 · (?:just now|\d+ \w+ ago) · [\d.]+ kB$/,
    )
    expect(await textsOf(page, '#list b')).toEqual(['products', 'orders', 'customers', 'texts', 'coupons', 'settings'])
    // Areas are as their bytes.
    const areas = await page
      .locator('#map button')
      .evaluateAll(tiles => tiles.map(tile => tile.clientWidth * tile.clientHeight))
    expect(areas).toEqual(areas.toSorted((a, b) => b - a))
    expect(await page.textContent('#range')).toBe('1 to 50 of 130')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('status').getByText('51 to 100 of 130').waitFor()
    await page.getByRole('searchbox').fill('sku-12')
    await page.getByRole('status').getByText('1 to 11 of 11').waitFor()
    expect((await textsOf(page, '#rows th'))[0]).toBe('sku-12')
    await page.locator('#rows summary').first().click()
    expect(JSON.parse((await page.locator('#rows pre').first().textContent())!)).toMatchObject({ name: 'Product 12' })
    await page.locator('#list').getByText('settings').click()
    await page.locator('#rows code').getByText('"round":4').waitFor()
    // Another generation, the same column.
    await page.locator('#line').getByText('3').click()
    await page.locator('#rows code').getByText('"round":2').waitFor()
    expect(await page.locator('#list [aria-pressed=true] b').textContent()).toBe('settings')
  })

  it('reports what verify finds, and sees what a writer writes', async () => {
    const dir = scratch()
    await makeShop(dir)
    const page = await open(await startInspect(dir))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('1 problem found').waitFor()
    expect((await textsOf(page, '#problems li')).join('\n')).toMatch(
      /HEAD_CORRUPT.*shop, generation 1: [\s\S]*shop, whole: 5, 4, 3, 2/,
    )
    await makeSample(dir)
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.locator('#caches').getByText('app').click()
    await page.locator('#about').getByText('Generation 2').waitFor()
  })

  it('is used by keyboard alone', async () => {
    const dir = scratch()
    await makeShop(dir)
    const page = await open(await startInspect(dir))
    await page.locator('#rows tr').first().waitFor()
    const press = async (...keys: string[]): Promise<string> => {
      for (const key of keys) await page.keyboard.press(key)
      return await focused(page)
    }
    await page.locator('#verify').focus()
    expect(await press('Tab')).toBe('session1 generation')
    expect(await press('ArrowRight')).toBe('shop5 generations')
    await press('Enter')
    await page.locator('#about').getByText('Generation 5').waitFor()
    expect(await press('Tab')).toMatch(/^Generation 5, saved/)
    // Over the damaged one, which cannot be chosen.
    expect(await press('Home')).toMatch(/^Generation 2/)
    expect(await press('ArrowLeft')).toMatch(/^Generation 2/)
    expect(await press('ArrowRight')).toMatch(/^Generation 3/)
    await press('Space')
    await page.locator('#about').getByText('Generation 3').waitFor()
    await page.locator('#map [aria-pressed=true]').waitFor()
    expect(await press('Tab')).toMatch(/^products: array, 130 elements/)
    expect(await press('ArrowRight')).toMatch(/^orders: array/)
    await press('Enter')
    await page.locator('#name').getByText('orders').waitFor()
    expect(await press('Tab')).toContain('orders')
    expect(await press('Tab')).toBe('Key contains')
    await page.keyboard.type('o129')
    await page.getByRole('status').getByText('1 to 1 of 1').waitFor()
  })

  it('shows names and values as text, whatever they are', async () => {
    const attack = (i: number): string =>
      `<img src=x onerror="window.hacked=${i}"></script><script>window.hacked=${i}</script>"'\`\${1}`
    const dir = join(scratch(), `<img src=x onerror="window.hacked=0">`)
    {
      await using store = await FileStore.open(dir)
      const cache = new SnapshotCache<object>(store, { name: attack(1), columns: { [attack(2)]: entries() } })
      await cache.store({ [attack(2)]: { [attack(3)]: attack(4), long: attack(5).repeat(9) }, other: attack(6) })
    }
    const page = await open(await startInspect(dir))
    await page.locator('#rows tr').nth(1).waitFor()
    await page.locator('#rows summary').click()
    await page.locator('#rows pre').waitFor()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('Everything is whole').waitFor()
    expect(await page.textContent('#directory')).toBe(dir)
    expect(await textsOf(page, '#caches b')).toEqual([attack(1)])
    expect(await textsOf(page, '#list b')).toEqual([attack(2), 'other'])
    expect(await page.textContent('#name')).toBe(attack(2))
    expect(await textsOf(page, '#rows th')).toEqual([attack(3), 'long'])
    expect(await page.locator('#rows code').first().textContent()).toBe(JSON.stringify(attack(4)))
    await page.getByRole('searchbox').fill('nowhere<b>')
    await page.getByRole('status').getByText('none').waitFor()
    expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined()
    expect(await page.locator('img, iframe, script:not([nonce]), body script ~ *').count()).toBe(0)
  })

  it('answers no other site, and not by another name', async () => {
    const dir = scratch()
    await makeSample(dir)
    const url = await startInspect(dir)
    const context = await chromium().browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const rebound = await page.goto(url.replace('127.0.0.1', 'evil.example'))
    expect([rebound?.status(), await rebound?.json()]).toEqual([403, { error: 'Unknown host' }])
    // A page of another site, here of another port, gets nothing to read, and cannot show it in a frame.
    await page.goto(await startInspect(dir))
    await page.goto('about:blank')
    const read = await page.evaluate(
      async target =>
        await fetch(`${target}api/listing`).then(
          () => 'read',
          () => 'refused',
        ),
      url,
    )
    expect(read).toBe('refused')
    await page.setContent(`<iframe src="${url}"></iframe>`)
    await page.waitForFunction(() => document.readyState === 'complete')
    await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/)
  })

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [400, 'light'],
    [400, 'dark'],
  ] as const)('fits %i pixels, %s', async (width, colorScheme) => {
    const dir = scratch()
    await makeShop(dir)
    const page = await open(await startInspect(dir), { viewport: { width, height: 900 }, colorScheme })
    await page.getByRole('button', { name: 'shop' }).click()
    await page.locator('#rows tr').nth(49).waitFor()
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBe(0)
    if (mayWrite && width === 1280 && colorScheme === 'light') {
      await page.evaluate(() => document.getElementById('directory')!.replaceChildren('./cache'))
      await page.screenshot({ path: fileURLToPath(new URL('../../docs/inspect.png', import.meta.url)) })
    }
  })
})
