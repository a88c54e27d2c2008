import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { storeContract } from '../../src/contract/index.ts'
import * as coldsnap from '../../src/index.ts'
import type { Store } from '../../src/store/store.ts'
import { scratch } from './scratch.ts'

const page = fs.readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8')

it('the store in docs/stores.md keeps every rule', async () => {
  const source = /```ts\n(import [^`]*class TinyStore[^`]*)```/.exec(page)?.[1] ?? ''
  const file = join(scratch(), 'tiny-store.mjs')
  const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022 } })
  // The class of the page with the package as it is in this run, not as it may be installed.
  Object.assign(globalThis, { coldsnapOfThisRun: coldsnap })
  fs.writeFileSync(
    file,
    outputText.replace(/^import .* from 'coldsnap'.*$/m, 'const { CacheError } = coldsnapOfThisRun'),
  )
  const { TinyStore }: { TinyStore: new () => Store } = await import(/* @vite-ignore */ pathToFileURL(file).href)
  const cases = storeContract(() => ({ store: new TinyStore() }), { maxValueBytes: 1024 * 1024 })
  expect(cases.length).toBeGreaterThan(30)
  for (const { run } of cases) await run()
})
