import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import * as fsPromises from 'node:fs/promises'
import * as os from 'node:os'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as opentelemetry from '@opentelemetry/api'
import sqlite from 'node-sqlite3-wasm'
import * as valibot from 'valibot'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import * as blobDisk from '../../src/blob/disk/disk-blob-store.ts'
import * as blob from '../../src/blob/index.ts'
import * as contract from '../../src/contract/index.ts'
import * as group from '../../src/group/index.ts'
import * as groupNode from '../../src/group/node/index.ts'
import * as coldsnap from '../../src/index.ts'
import * as netmap from '../../src/netmap/index.ts'
import * as opfs from '../../src/opfs/opfs-store.ts'
import * as redis from '../../src/redis/index.ts'
import * as file from '../../src/store/file-store.ts'
import * as level from '../../src/store/level-store.ts'
import * as synced from '../../src/synced/index.ts'
import { giveNeeds, knownNeeds, missingFor, needsElsewhere } from './page-needs.ts'
import { type Block, blocksOfPages, pages, runProgram, toProgram, typecheck } from './page-program.ts'

// Every `ts` block of README.md and docs is typechecked, and run. The fence of one that needs more than Node has says
// `ts needs: <what>`: it gets that here (page-needs.ts), or from a test of its own if it is no program of Node.

const root = fileURLToPath(new URL('../../', import.meta.url))

const blocks = blocksOfPages()

// The cases that a page hands to `test` of `node:test`; they are run when the page has.
const cases: { title: string; run: (context: { skip(reason: string): void }) => unknown }[] = []

const modules: Readonly<Record<string, object>> = {
  coldsnap,
  'coldsnap/file': file,
  'coldsnap/level': level,
  'coldsnap/opfs': opfs,
  'coldsnap/netmap': netmap,
  'coldsnap/group': group,
  'coldsnap/group/node': groupNode,
  'node:fs/promises': fsPromises,
  'node:os': os,
  'node:path': path,
  'coldsnap/blob': blob,
  'coldsnap/blob/disk': blobDisk,
  'coldsnap/synced': synced,
  'coldsnap/redis': redis,
  'coldsnap/contract': contract,
  'node:test': { test: (title: string, run: () => unknown) => cases.push({ title, run }) },
  'node-sqlite3-wasm': { default: sqlite },
  valibot,
  '@opentelemetry/api': opentelemetry,
}

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coldsnap-docs-'))
const startedIn = process.cwd()

beforeAll(() => {
  // Examples write into the current directory and talk to the console.
  process.chdir(scratch)
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
})

afterAll(() => {
  vi.restoreAllMocks()
  process.chdir(startedIn)
  rmSync(scratch, { recursive: true, force: true })
})

it('the blocks are found', () => {
  expect(blocks.get('docs/snapshot-cache.md')?.length).toBeGreaterThan(10)
})

it('every ts block typechecks', { timeout: 300_000 }, () => {
  const programs = new Map(
    [...blocks].map(([page, list]) => [`${root}test/docs/__${page.replaceAll('/', '-')}.ts`, toProgram(list)]),
  )
  expect(typecheck(programs, `${root}test/`)).toEqual([])
})

for (const [page, list] of blocks) {
  const runnable = list.filter(
    block => !Object.hasOwn(needsElsewhere, block.needs ?? '') && missingFor(block) === undefined,
  )
  if (runnable.length === 0) continue
  // The contracts that some pages run take their time on a busy machine.
  it(`${page}: ${runnable.length} blocks run`, { timeout: 300_000 }, async () => {
    const given = await giveNeeds(runnable)
    try {
      await runProgram(toProgram(given.blocks), { ...modules, ...given.modules })
    } finally {
      await given.end()
    }
    const leftOut: string[] = []
    for (const { title, run } of cases.splice(0)) {
      await run({ skip: reason => void leftOut.push(`  ${title}: ${reason}`) })
    }
    if (leftOut.length > 0) process.stdout.write(`Cases that ${page} leaves out:\n${leftOut.join('\n')}\n`)
    // A handle may lack what its store cannot do; the page that shows a whole test file leaves out optional methods alone.
    expect(page === 'docs/custom-store.md' ? leftOut.filter(line => !line.includes(': store has no ')) : []).toEqual([])
  })
}

it('every block is run where there is what it needs', () => {
  const all = [...blocks].flatMap(([page, list]) => list.map(block => ({ ...block, at: `${page}:${block.line}` })))
  expect(all.filter(({ needs }) => needs !== undefined && !knownNeeds.includes(needs))).toEqual([])
  for (const proof of Object.values(needsElsewhere)) expect(existsSync(root + proof)).toBe(true)
  const missing = all.flatMap(block => {
    const reason = missingFor(block)
    return reason === undefined ? [] : [`  ${block.at} needs ${block.needs}: ${reason}`]
  })
  if (missing.length > 0) process.stdout.write(`Blocks of the pages that are not run:\n${missing.join('\n')}\n`)
})

const one = (code: string): Block[] => [{ line: 7, code }]

it('a page that prints something else than it says fails', async () => {
  await expect(runProgram(toProgram(one('console.log([1]) // -> [ 2 ]')), modules)).rejects.toThrow(/2/)
  await runProgram(toProgram(one('console.log([1]) // -> [ 1 ]')), modules)
})

it('a page whose types are wrong fails, with its line', { timeout: 300_000 }, () => {
  const name = `${root}test/docs/__docs-wrong.md.ts`
  const program = toProgram(one("import { MemoryStore } from 'coldsnap'\nnew MemoryStore().load(1)\n"))
  expect(typecheck(new Map([[name, program]]), `${root}test/`)).toEqual([
    expect.stringMatching(/^docs-wrong\.md\.ts:8 /),
  ])
})

it('every link between pages leads somewhere', () => {
  const broken: string[] = []
  for (const page of pages) {
    const text = readFileSync(root + page, 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file = '', anchor] = target.split('#')
      const linked = file === '' ? page : path.join(path.dirname(page), file)
      if (!existsSync(root + linked)) broken.push(`${page}: ${target}`)
      else if (anchor !== undefined && !anchorsOf(linked).has(anchor)) broken.push(`${page}: ${target}`)
    }
  }
  expect(broken).toEqual([])
})

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(root + page, 'utf8').matchAll(/^#+ (.+)$/gm)
  const anchors = new Set<string>()
  const counts = new Map<string, number>()
  for (const [, text] of headings) {
    const anchor = text!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`)
  }
  return anchors
}

it('docs/snapshot-cache.md has every option and every method', () => {
  const text = readFileSync(`${root}docs/snapshot-cache.md`, 'utf8')
  const rowsOf = (heading: string): string[] => {
    const section = text.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
    return [...section.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name!)
  }
  const methods = Object.getOwnPropertyNames(coldsnap.SnapshotCache.prototype).filter(name => name !== 'constructor')
  expect(rowsOf('Methods').sort()).toEqual(methods.sort())
  // The refusal of an unknown option names those that exist.
  const refusal = /the options are (.*)$/
  const refused = (): unknown => new coldsnap.SnapshotCache(new coldsnap.MemoryStore(), { bogus: 1 } as object)
  expect(refused).toThrow(refusal)
  try {
    refused()
  } catch (error) {
    expect(rowsOf('Options').sort()).toEqual(
      refusal
        .exec((error as Error).message)![1]!
        .split(', ')
        .sort(),
    )
  }
})
