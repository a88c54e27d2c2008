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

describeChromium('in Chromium', () => {
  const chromium = chromiumOfTests()
  const served = pageOfTests('test/browser/pages/contract-page.ts')
  let page: Page | undefined
  beforeAll(async () => {
    page = await chromium().context.newPage()
    await page.goto(served().url)
    await page.waitForFunction(() => 'runCase' in globalThis)
  })
  const open = () => ({ store: new MemoryStore() })
  const blobs = () => ({ store: storeBlobs(new MemoryStore()) })
  const run = (name: string, suite: string, titles: readonly string[]): void =>
    runPageCases(name, suite, titles, () => page!)

  run('LevelStore on IndexedDB', 'store', titlesOf(storeContract(open, storeOptions)))
  run('LevelStore on IndexedDB, any calls', 'properties', titlesOf(storeProperties(open, fc)))
  run('SnapshotCache on IndexedDB', 'crash', titlesOf(crashCases(open)))
  run('storeBlobs on IndexedDB', 'blob', titlesOf(blobContract(blobs, blobOptions)))
})
