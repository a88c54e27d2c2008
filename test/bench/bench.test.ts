import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jobNames } from './contender.ts'
import { contenders } from './contenders.ts'
import { evenGoals, figures, goalPeers, goals } from './goals.ts'
import type { Medians, runHarness } from './harness.ts'
import { renderReport } from './report.ts'
import type { LeftOut, openRunners } from './runners.ts'
import { writeReport } from './write-report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
// The job that makes a figure; all others come from 'store'.
const jobs: Readonly<Record<string, string>> = {
  load: 'load',
  loadCpu: 'load',
  loadPeak: 'load',
  loadAbove: 'load',
  first: 'first',
  small: 'small',
  element: 'element',
}
const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-bench-test-'))
let medians: Medians
let leftOut: LeftOut[]

// Children run in plain Node: the sources are compiled beside a package.json that leads there.
beforeAll(async () => {
  const built = join(dir, 'package')
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'test/bench/tsconfig.json'), '--outDir', built])
  const manifest = fs.readFileSync(join(root, 'package.json'), 'utf8')
  fs.writeFileSync(join(built, 'package.json'), manifest.replaceAll('./dist/', './src/'))
  fs.symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'), 'junction')
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(built, `test/bench/${name}.js`)).href)
  const harness = (await load('harness')) as { runHarness: typeof runHarness }
  const { openRunners: open } = (await load('runners')) as { openRunners: typeof openRunners }
  const opened = await open(contenders, { root, directory: dir })
  leftOut = opened.leftOut
  for (const { contender, reason } of leftOut) console.log(`Left out of the benchmark: ${contender.title}: ${reason}`)
  medians = await harness.runHarness({
    peers: 80,
    rounds: 1,
    jobs: jobNames,
    runners: opened.runners,
    directory: dir,
    check: true,
  })
}, 120_000)

afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

describe('the benchmark', () => {
  // The harness rejects if a child does, and a child does if what it read is not the state.
  it.each(contenders)('measures every figure of $id, whose reads are the state', contender => {
    // Without its native add-on or Go, which is printed above; what runs everywhere may not be missing.
    if (leftOut.some(left => left.contender.id === contender.id)) {
      expect('build' in contender || contender.isNative, contender.id).toBe(true)
      return
    }
    // A program in another language has another heap.
    const wanted = figures.filter(({ id }) => !('build' in contender && id === 'loadAbove'))
    for (const { id } of wanted.filter(figure => contender.jobs.some(job => job === (jobs[figure.id] ?? 'store'))))
      expect(medians.get(contender.id)?.[id], id).toBeGreaterThan(0)
  })

  it('says what cannot run here', async () => {
    const { openRunners: open } = await import('./runners.ts')
    const [level] = contenders.filter(({ id }) => id === 'classic-level')
    const [go] = contenders.filter(({ id }) => id === 'netmapcache-go')
    // Neither the child nor the sources are where they are looked for.
    const opened = await open([level!, go!], { root: join(dir, 'nowhere'), directory: dir })
    expect(opened.runners).toEqual([])
    expect(opened.leftOut.map(({ contender }) => contender.id)).toEqual(['classic-level', 'netmapcache-go'])
    for (const { reason } of opened.leftOut) expect(reason).toMatch(/\w/)
  })

  it('has goals for what it measures', () => {
    const isHere = (id: string): boolean => !leftOut.some(({ contender }) => contender.id === id)
    for (const { figure, contender, base } of [...goals, ...evenGoals].map(goal => ({ base: 'json', ...goal })))
      for (const id of [contender, base].filter(isHere)) expect(medians.get(id), id).toHaveProperty(figure)
  })

  it('writes its tables between the markers of a page', () => {
    const page = join(dir, 'page.md')
    fs.writeFileSync(page, 'before\n<!-- bench:start -->\nthe run before\n<!-- bench:end -->\nafter\n')
    const results = new Map([1000, goalPeers, 100_000].map(peers => [peers, medians]))
    writeReport(page, renderReport(results, 1, [{ contender: contenders[0]!, reason: 'no file' }]))
    const text = fs.readFileSync(page, 'utf8')
    expect(text).toMatch(/^before\n<!-- bench:start -->\n\nMeasured [\s\S]*\n\n<!-- bench:end -->\nafter\n$/)
    expect(text).not.toContain('the run before')
    for (const { title } of figures) expect(text).toContain(`| ${title} |`)
    for (const { id, title } of contenders) if (medians.has(id)) expect(text).toContain(`| ${title} |`)
    expect(text).toContain('Left out: one JSON file, rename: no file.')
    const judged = goals.filter(goal => [goal.contender, goal.base ?? 'json'].every(id => medians.has(id)))
    expect(text.match(/\| (met|\*\*missed\*\*) \|/g)).toHaveLength(
      judged.length + evenGoals.filter(({ contender }) => medians.has(contender)).length,
    )
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
