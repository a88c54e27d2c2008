import fc from 'fast-check'
import type { Page } from 'playwright-core'
import { beforeAll } from 'vitest'
import { storeBlobs } from '../../src/blob/store-blobs.ts'
import { blobContract, crashCases, storeContract, storeProperties } from '../../src/contract/index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { blobOptions, storeOptions } from './contract-options.ts'
import { runPageCases } from './run-page-cases.ts'

const titlesOf = (cases: readonly { readonly title: string }[]): string[] => cases.map(({ title }) => title)

/** What the page has cases of, by the name of the suite. */
function runAll(medium: string, store: string, page: () => Page): void {
  const open = () => ({ store: new MemoryStore() })
  const blobs = () => ({ store: storeBlobs(new MemoryStore()) })
  const run = (name: string, suite: string, titles: readonly string[]): void => runPageCases(name, suite, titles, page)

  run(`${store} on ${medium}`, 'store', titlesOf(storeContract(open, storeOptions)))
  run(`${store} on ${medium}, any calls`, 'properties', titlesOf(storeProperties(open, fc)))
  run(`SnapshotCache on ${medium}`, 'crash', titlesOf(crashCases(open)))
  run(`storeBlobs on ${medium}`, 'blob', titlesOf(blobContract(blobs, blobOptions)))
}

const media = [
  { medium: 'IndexedDB', store: 'LevelStore', page: 'contract-page.ts', workers: [] },
  {
    medium: 'origin-private files',
    store: 'OpfsStore',
    page: 'opfs-contract-page.ts',
    workers: ['test/browser/pages/opfs-contract-worker.ts'],
  },
]

for (const { medium, store, page: file, workers } of media) {
  describeChromium(`in Chromium, on ${medium}`, () => {
    const chromium = chromiumOfTests()
    const served = pageOfTests(`test/browser/pages/${file}`, workers)
    let page: Page | undefined
    beforeAll(async () => {
      page = await chromium().context.newPage()
      await page.goto(served().url)
      await page.waitForFunction(() => 'runCase' in globalThis)
    })
    runAll(medium, store, () => page!)
  })
}
