// npm run bench:synced: what a synced cache costs beside others, all over one Redis of this machine, in one run.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { startRedis } from '../../helpers/redis-server.ts'
import { digits, formatRatio, table } from '../format.ts'
import { Rounds } from '../group/timing.ts'
import { renderMachine } from '../machine.ts'
import { writeReport } from '../write-report.ts'
import { contenders } from './contenders.ts'
import { type EventsFigures, measureEvents } from './measure-events.ts'
import { measureRemote } from './measure-remote.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string', default: '4000' },
    hits: { type: 'string', default: '100000' },
    events: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '10' },
    contenders: { type: 'string', default: contenders.map(({ id }) => id).join(',') },
    page: { type: 'string', default: 'docs/synced.md' },
  },
})

const run = promisify(execFile)
const rounds = new Rounds()
const leftOut = new Map<string, string>()
const chosen = contenders.filter(({ id }) => values.contenders.split(',').includes(id))
const server = await startRedis()
let events: EventsFigures | undefined
try {
  // In the first one code is compiled while it runs: it is not counted.
  const warmUp = new Rounds()
  for (let round = 0; round <= Number(values.rounds); round++) {
    console.error(round === 0 ? 'warm-up' : `round ${round}`)
    const counted = round === 0 ? warmUp : rounds
    for (const contender of chosen) {
      const { id } = contender
      if (leftOut.has(id)) continue
      try {
        const { stdout } = await run(process.execPath, [
          fileURLToPath(new URL('./hit.js', import.meta.url)),
          id,
          server.url,
          values.hits,
        ])
        counted.add(`${id} hit`, Number(stdout))
        await measureRemote(counted, contender, server.url, Number(values.calls))
      } catch (error) {
        leftOut.set(id, /^\w*Error.*$/m.exec(String(error))?.[0] ?? String(error))
      }
    }
  }
  if (Number(values.seconds) > 0) {
    console.error('events')
    events = await measureEvents(server.url, Number(values.events), Number(values.seconds))
  }
} finally {
  await server.stop()
}

const report = render()
console.log(report)
if (values.page !== 'none') writeReport(values.page, report)
// Clients of others keep a process alive.
process.exit(0)

function render(): string {
  const measured = chosen.filter(({ id }) => !leftOut.has(id))
  const rows = measured.map(({ id, title, safety }) => [
    title,
    { frozen: 'shared, cannot be changed', copied: 'a copy each', shared: 'shared, can be changed' }[safety],
    `${digits(rounds.median(`${id} hit`))} ns`,
    `${digits(rounds.median(`${id} miss`))} µs`,
    formatRatio(rounds.ratio(`${id} miss`, `${id} get`)),
    `${digits(rounds.median(`${id} set`))} µs`,
    formatRatio(rounds.ratio(`${id} set`, `${id} publish`)),
  ])
  const head = ['', 'values', 'hit', 'read of Redis', 'to GET', 'set', 'to SET and PUBLISH']
  return [
    `${renderMachine(Number(values.rounds))} Values of 1 KiB; hits are processor time, each cache in a process of its own; calls one after the other; Redis shares the machine.`,
    table(head, rows),
    table(['goal', 'measured', ''], goals()),
    ...[...leftOut].map(([id, reason]) => `Left out: ${id}: ${reason}`),
  ].join('\n\n')
}

function goals(): string[][] {
  const safe = chosen.filter(({ id, safety }) => !id.startsWith('coldsnap') && safety === 'copied' && !leftOut.has(id))
  const fastest = safe.map(({ id }) => id).sort((a, b) => rounds.median(`${a} hit`) - rounds.median(`${b} hit`))[0]
  const goal = (what: string, measured: string, isMet: boolean): string[] => [
    what,
    measured,
    isMet ? 'met' : '**missed**',
  ]
  const found: string[][] = []
  if (fastest !== undefined) {
    const ratio = rounds.ratio(`${fastest} hit`, 'coldsnap hit')
    found.push(
      goal('hit: 2 times as fast as the fastest that is as safe', `${formatRatio(ratio)}, ${fastest}`, ratio >= 2),
    )
  }
  const miss = rounds.ratio('coldsnap miss', 'coldsnap get')
  found.push(goal('read of Redis: at most 1.1 of a bare GET', formatRatio(miss), miss <= 1.1))
  const set = rounds.ratio('coldsnap set', 'coldsnap publish')
  found.push(goal('set: at most 1.3 of a bare SET and PUBLISH in a pipeline', formatRatio(set), set <= 1.3))
  if (events !== undefined) {
    const { perSecond, lagMs, gaps } = events
    const lag = (part: 'first' | 'last'): string => `${lagMs[part].p50}/${lagMs[part].p99} ms`
    const isMet = perSecond >= 0.98 * Number(values.events) && lagMs.last.p50 <= 2 * lagMs.first.p50 + 5 && gaps === 0
    const text = `${digits(perSecond)}/s, lag p50/p99 at first ${lag('first')}, at last ${lag('last')}, ${gaps} gaps`
    found.push(goal(`${values.events} events a second without lag that grows`, text, isMet))
  }
  return found
}
