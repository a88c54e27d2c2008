import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeReport } from '../write-report.ts'
import { blobContenders } from './blob-contenders.ts'
import { judge } from './blob-goals.ts'
import { renderBlobReport } from './blob-report.ts'
import { runBlobBench } from './run-blob-bench.ts'

const directory = fs.mkdtempSync(join(tmpdir(), 'coldsnap-blob-bench-'))
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

describe('the benchmark of blobs', () => {
  it('measures every figure of every contender that is installed, and writes its tables', async () => {
    const { results, leftOut } = await runBlobBench({
      ids: blobContenders.map(({ id }) => id),
      sizes: [1024, 102_400],
      rounds: 1,
      calls: 2,
      streamBytes: 1_000_000,
      entries: 30,
      full: [5, 10],
      directory,
      onProgress: () => undefined,
    })
    for (const reason of leftOut) console.log(`Left out of the benchmark of blobs: ${reason}`)
    for (const id of ['plain', 'plain-power', 'coldsnap', 'coldsnap-power']) {
      const figures = results.bodies.get(id)!
      const names = ['put 1024', 'get 1024', 'put 102400', 'get 102400', 'put stream', 'get stream']
      expect([...figures.keys()].sort(), id).toEqual(names.sort())
      for (const [name, ms] of figures) expect(ms, `${id} ${name}`).toBeGreaterThan(0)
    }
    for (const contender of blobContenders) {
      const isOut = leftOut.some(reason => reason.startsWith(`${contender.title}: `))
      expect(results.bodies.has(contender.id), contender.id).toBe(!isOut)
    }
    expect(results.entries).toMatchObject({ entries: 30 })
    expect([...results.eviction.keys()]).toEqual([5, 10])

    const page = join(directory, 'page.md')
    fs.writeFileSync(page, '<!-- bench:start -->\nbefore\n<!-- bench:end -->\n')
    writeReport(page, renderBlobReport(results, 1, leftOut))
    const text = fs.readFileSync(page, 'utf8')
    expect(text).not.toContain('before')
    expect(text.match(/\| (met|\*\*missed\*\*) \|/g)).toHaveLength(judge(results).length)
    expect(text).toContain('| put 100 KiB |')
  })

  it('judges what is slower than wanted as missed', () => {
    const of = (ms: number): Map<string, number> => new Map([['get 102400', ms]])
    const judged = (plain: number, ours: number, cacache: number): boolean[] =>
      judge({
        bodies: new Map([
          ['plain', of(plain)],
          ['coldsnap', of(ours)],
          ['cacache', of(cacache)],
        ]),
        entries: { entries: 100_000, open: 101, list: 15, keys: 14, walk: 9, readWalk: 10 },
        eviction: new Map([
          [1000, 1],
          [20_000, 1.6],
        ]),
      }).map(({ isMet }) => isMet)
    expect(judged(1, 1.5, 4.5)).toEqual([true, true, false, true, false, false])
    expect(judged(1, 1.6, 4.5)).toEqual([false, false, false, true, false, false])
  })

  it('finds markers in the page it writes to', () => {
    expect(fs.readFileSync('docs/blob.md', 'utf8')).toMatch(/<!-- bench:start -->[\s\S]*<!-- bench:end -->/)
  })
})
