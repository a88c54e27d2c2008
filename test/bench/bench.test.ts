import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contenders } from './contenders.ts'
import { figures, goals } from './goals.ts'
import type { Medians, runHarness } from './harness.ts'
import { renderReport } from './report.ts'
import { writeReport } from './write-report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readFigures = ['load', 'loadCpu', 'loadPeak', 'first', 'element']
const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-bench-test-'))
let medians: Medians

// Children run in plain Node: the sources are compiled beside a package.json that leads there.
beforeAll(async () => {
  const built = join(dir, 'package')
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'test/bench/tsconfig.json'), '--outDir', built])
  const manifest = fs.readFileSync(join(root, 'package.json'), 'utf8')
  fs.writeFileSync(join(built, 'package.json'), manifest.replaceAll('./dist/', './src/'))
  fs.symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'), 'junction')
  const harness = (await import(pathToFileURL(join(built, 'test/bench/harness.js')).href)) as {
    runHarness: typeof runHarness
  }
  medians = await harness.runHarness({
    peers: 200,
    rounds: 1,
    jobs: ['load', 'first', 'element', 'store'],
    contenders,
    directory: dir,
    verify: true,
  })
}, 120_000)

afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

describe('the benchmark', () => {
  // The harness rejects if a child does, and a child does if what it read is not the state.
  it.each(contenders)('measures every figure of $id, whose reads are the state', ({ id, jobs }) => {
    const wanted = figures.filter(figure => jobs.includes('load') || !readFigures.includes(figure.id))
    for (const figure of wanted) expect(medians.get(id)?.[figure.id], figure.id).toBeGreaterThan(0)
  })

  it('has goals for what it measures', () => {
    for (const { figure, contender } of goals) expect(medians.get(contender)).toHaveProperty(figure)
  })

  it('writes its tables between the markers of a page', () => {
    const page = join(dir, 'page.md')
    fs.writeFileSync(page, 'before\n<!-- bench:start -->\nthe run before\n<!-- bench:end -->\nafter\n')
    writeReport(page, renderReport(new Map([[10_000, medians]]), 1))
    const text = fs.readFileSync(page, 'utf8')
    expect(text).toMatch(/^before\n<!-- bench:start -->\n\nMeasured [\s\S]*\n\n<!-- bench:end -->\nafter\n$/)
    expect(text).not.toContain('the run before')
    for (const { title } of figures) expect(text).toContain(`| ${title} |`)
    expect(text.match(/met|missed/g)).toHaveLength(goals.length)
  })

  it('leaves a page without markers as it is', () => {
    const page = join(dir, 'bare.md')
    fs.writeFileSync(page, 'nothing here')
    expect(() => writeReport(page, 'tables')).toThrow('it has no')
    expect(fs.readFileSync(page, 'utf8')).toBe('nothing here')
  })

  it('finds markers in the page it writes to', () => {
    const text = fs.readFileSync(join(root, 'docs/performance.md'), 'utf8')
    expect(text).toMatch(/<!-- bench:start -->[\s\S]*<!-- bench:end -->/)
  })
})
