import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { expect, it } from 'vitest'
import { programsThatNeed } from '../docs/page-program.ts'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { browserAliases, serveDirectory } from '../helpers/serve.ts'

// "A start without the server" of docs/browser.md: what it tells the reader to put into files is put into them as it stands.

const text = fs.readFileSync(fileURLToPath(new URL('../../docs/browser.md', import.meta.url)), 'utf8')
const section = text.split('\n## A start without the server\n')[1]?.split('\n## ')[0] ?? ''

/** What the section has that is no fenced block, by how it begins there. */
function found(pattern: RegExp): string {
  const [, part] = pattern.exec(section) ?? []
  if (part === undefined) throw new Error(`docs/browser.md has nothing like ${pattern}`)
  return part
}

/** The indented block behind the line that ends so. */
function foundBlock(before: RegExp): string {
  return found(new RegExp(`${before.source}\\n\\n((?: {4}.*\\n|\\n)+)`)).replaceAll(/^ {4}/gm, '')
}

/** Puts the files of the section into a directory and builds them with Vite, into `dist` of it. */
async function buildSite(root: string): Promise<void> {
  const files = {
    'package.json': '{ "type": "module" }',
    'index.html': found(/`index\.html` loads:\n`(.*)`\./),
    'vite.config.ts': foundBlock(/`vite\.config\.ts`:/),
    'src/main.ts': programsThatNeed('a service worker')[0]!.code,
    'public/service-worker.js': foundBlock(/`public\/service-worker\.js`;.*/),
    'public/items.json': found(/`public\/items\.json` \(`(.*?)`\)/),
  }
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(join(root, name, '..'), { recursive: true })
    fs.writeFileSync(join(root, name), content)
  }
  fs.symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'), 'junction')
  const alias = Object.entries(browserAliases).map(([name, path]) => ({
    find: new RegExp(`^${name}`),
    replacement: path,
  }))
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn', resolve: { alias } })
}

describeChromium('the page of docs/browser.md', () => {
  const chromium = chromiumOfTests()

  it('starts without its server', async () => {
    const root = fs.mkdtempSync(join(tmpdir(), 'coldsnap-offline-'))
    const context = await chromium().browser.newContext()
    const server = await serveDirectory(join(root, 'dist'))
    try {
      await buildSite(root)
      const page = await context.newPage()
      await page.goto(server.url)
      await page.getByText('apple').waitFor()
      // Its module is through when the state is stored, and the page is kept when the worker is installed.
      await page.evaluate(
        `import(document.querySelector('script').src).then(() => navigator.serviceWorker.ready).then(() => undefined)`,
      )
      await server.close()
      const failed: string[] = []
      page.on('pageerror', error => failed.push(String(error)))
      await page.reload()
      await page.getByText('apple').waitFor()
      expect(failed).toEqual([])
      expect(await page.evaluate(async () => await fetch('/items.json').catch(() => 'no server'))).toBe('no server')
    } finally {
      await context.close()
      await server.close()
      fs.rmSync(root, { recursive: true, force: true })
    }
  })
})
