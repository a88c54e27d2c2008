import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type PageProgram, programsThatNeed } from '../docs/page-program.ts'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { type Served, servePage } from '../helpers/serve.ts'

// What the pages made here have as globals.
declare const result: Promise<string>
declare const openTab: (use: (store: TabStore) => void, signal: AbortSignal) => Promise<void>
declare const used: TabStore[]
interface TabStore {
  load(key: string): Promise<Uint8Array | undefined>
  store(key: string, value: Uint8Array): Promise<void>
}

describeChromium('blocks of the pages in a browser', () => {
  const chromium = chromiumOfTests()
  let context: BrowserContext
  let served: Served | undefined

  beforeEach(async () => {
    context = await chromium().browser.newContext()
  })
  afterEach(async () => {
    await context.close()
    await served?.close()
    served = undefined
  })

  /** Serves files of TypeScript as a page: `page.ts`, and `worker.ts` if there is one. */
  async function serve(files: Readonly<Record<string, string>>): Promise<string> {
    const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-docs-page-'))
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(dir, name), text)
    const workers = Object.keys(files).filter(name => name !== 'page.ts')
    served = await servePage(
      join(dir, 'page.ts'),
      workers.map(name => join(dir, name)),
    )
    fs.rmSync(dir, { recursive: true })
    return served.url
  }

  async function open(url: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(url)
    await page.waitForFunction(() => 'result' in globalThis)
    return page
  }

  const outcome = ({ source }: PageProgram): string =>
    `${source}\nconst outcome = page().then(() => 'ended', error => String(error?.stack ?? error))\n`

  for (const { title, program } of programsThatNeed('a browser')) {
    it(`${title} runs in a page`, async () => {
      const page = await open(await serve({ 'page.ts': `${outcome(program)}globalThis.result = outcome` }))
      expect(await page.evaluate(() => result)).toBe('ended')
    })
  }

  for (const { title, program } of programsThatNeed('a dedicated worker')) {
    it(`${title} runs in a dedicated worker`, async () => {
      const start = `globalThis.result = new Promise(resolve => {
        const worker = new Worker('worker.js', { type: 'module' })
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => resolve('The worker failed: ' + message)
      })`
      const url = await serve({ 'page.ts': start, 'worker.ts': `${outcome(program)}outcome.then(postMessage)` })
      expect(await (await open(url)).evaluate(() => result)).toBe('ended')
    })
  }

  for (const { title, program } of programsThatNeed('two tabs')) {
    it(`${title} reads in a second tab, and takes over when the first goes`, async () => {
      // Out of the function that the block stands in.
      const source = program.source.replace('async function openTab', 'globalThis.openTab = openTab\n$&')
      expect(source).not.toBe(program.source)
      const url = await serve({ 'page.ts': `${outcome({ ...program, source })}globalThis.result = outcome` })
      const use = async (page: Page): Promise<void> => {
        expect(await page.evaluate(() => result)).toBe('ended')
        await page.evaluate(() => {
          const stores: TabStore[] = []
          Object.assign(globalThis, { used: stores })
          void openTab(store => stores.push(store), new AbortController().signal)
        })
      }
      const tell = async (page: Page, value: number): Promise<string> =>
        await page.evaluate(
          async byte =>
            await used
              .at(-1)!
              .store('key', Uint8Array.of(byte))
              .then(
                () => 'stored',
                (error: { code: string }) => error.code,
              ),
          value,
        )
      const [first, second] = [await open(url), await open(url)]
      await use(first)
      await first.waitForFunction(() => used.length === 1)
      expect(await tell(first, 7)).toBe('stored')
      await use(second)
      await second.waitForFunction(() => used.length === 1)
      expect(await second.evaluate(async () => [...((await used[0]!.load('key')) ?? [])])).toEqual([7])
      expect(await tell(second, 8)).toBe('READ_ONLY')
      await first.close()
      await second.waitForFunction(() => used.length === 2)
      expect(await tell(second, 9)).toBe('stored')
    })
  }
})
