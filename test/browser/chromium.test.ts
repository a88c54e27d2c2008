import { expect, it } from 'vitest'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'

describeChromium('a bundled page in Chromium', () => {
  const chromium = chromiumOfTests()
  const served = pageOfTests('test/browser/pages/memory-page.ts')

  it('runs a store', async () => {
    const page = await chromium().context.newPage()
    await page.goto(served().url)
    await page.waitForFunction(() => document.title === '1,2,3')
    expect(await page.evaluate(() => globalThis.isSecureContext)).toBe(true)
  })
})
