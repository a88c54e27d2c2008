// A tile proxy of three processes on this machine: `npm run example:tiles`. No network, ends by itself.
// One of them is killed on the way and started again; the answers go on, and it comes back warm from its files.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { Fleet } from './fleet.ts'
import { startOrigin } from './origin.ts'
import type { NodeStats } from './proxy.ts'
import { Traffic } from './traffic.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '15' } } })
const seconds = Number(values.seconds)
if (!(seconds >= 2 && seconds <= 600)) throw new RangeError(`--seconds must be from 2 to 600, found ${values.seconds}`)

const nodes = 3
const victim = 1
const lines = 15
const lineMs = (seconds * 1000) / lines
const killAfter = 6
const restartAfter = 9

const directory = await mkdtemp(join(tmpdir(), 'coldsnap-tiles-'))
const origin = await startOrigin({ delayMs: 40 })
const fleet = new Fleet({ directory, origin: origin.url })
try {
  await fleet.start(nodes)
  say(`Three tile proxies, one origin that takes ${bold('40 ms')} for a tile, requests as a map's users make them.`)
  say('How many of its questions each node answered from its own memory or files, and what the origin still had to do:')
  say('')
  say(dim('     time  requests   node 1   node 2   node 3    origin   slowest'))
  await run()
} finally {
  await fleet.close()
  await origin.close()
  await rm(directory, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const began = performance.now()
  const traffic = new Traffic(() => fleet.urls)
  let before = { requests: 0, origin: 0, stats: new Map<number, NodeStats>() }
  for (let line = 1; line <= lines; line++) {
    await new Promise(resolve => setTimeout(resolve, lineMs))
    const now = { requests: traffic.answered, origin: origin.requests, stats: new Map(fleet.stats) }
    const cells = Array.from({ length: nodes }, (_, i) => cell(i, now.stats.get(i), before.stats.get(i)))
    say(
      [
        `${((performance.now() - began) / 1000).toFixed(1)} s`.padStart(9),
        String(now.requests - before.requests).padStart(10),
        ...cells,
        String(now.origin - before.origin).padStart(10),
        `${Math.round(traffic.takeSlowestMs())} ms`.padStart(10),
      ].join(''),
    )
    before = now
    if (line === killAfter) {
      fleet.kill(victim)
      say(`          ${bold(`node ${victim + 1} is killed`)} (SIGKILL)`)
    }
    if (line === restartAfter) {
      await fleet.restart(victim)
      say(`          ${bold(`node ${victim + 1} is started again`)}, its memory empty, its files as the kill left them`)
    }
  }
  await traffic.stop()
  summarise(traffic)
}

function summarise({ answered, failed, wrong }: Traffic): void {
  const kept = fleet.stats.get(victim)?.fromFiles ?? 0
  const share = ((100 * (answered - origin.requests)) / answered).toFixed(1)
  say('')
  say(`${bold('answered')}     ${answered} requests, ${share} % of them without the origin`)
  say(`${bold('failed')}       ${failed}, wrong tiles ${wrong}`)
  say(`${bold('warm again')}   node ${victim + 1} found ${kept} tiles in its files after the kill`)
  if (failed > 0 || wrong > 0 || kept === 0) process.exitCode = 1
}

function cell(i: number, now: NodeStats | undefined, before: NodeStats | undefined): string {
  if (!fleet.isAlive(i) || now === undefined) return '-'.padStart(9)
  // A node that was started again counts from zero.
  const from = before === undefined || before.gets > now.gets ? { gets: 0, fromMemory: 0, fromFiles: 0 } : before
  const gets = now.gets - from.gets
  const hits = now.fromMemory + now.fromFiles - from.fromMemory - from.fromFiles
  return (gets === 0 ? '.' : `${Math.round((100 * hits) / gets)} %`).padStart(9)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function bold(text: string): string {
  return styled('bold', text)
}

function dim(text: string): string {
  return styled('dim', text)
}

function styled(style: 'bold' | 'dim', text: string): string {
  const isPlain = process.env['NO_COLOR'] || !process.stdout.isTTY
  return isPlain ? text : styleText(style, text)
}
