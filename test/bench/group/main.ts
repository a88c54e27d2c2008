// npm run bench:group: what a group costs, beside GETs of a Redis on the same machine, in one run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createClient } from 'redis'
import { startRedis } from '../../helpers/redis-server.ts'
import { digits, formatRatio, table } from '../format.ts'
import { writeReport } from '../write-report.ts'
import {
  fillDirectory,
  measureCalls,
  measureHit,
  measureRestart,
  measureRing,
  measureStampede,
  removeDirectory,
} from './measure.ts'
import { Rounds } from './timing.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    entries: { type: 'string', default: '100000' },
    page: { type: 'string', default: 'docs/group.md' },
  },
})

const rounds = new Rounds()
const redisServer = await startRedis()
const redis = createClient({ url: redisServer.url })
await redis.connect()
await redis.set('key', 'x'.repeat(100))
const owner = spawn(process.execPath, [fileURLToPath(new URL('./owner.js', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const [address] = (await once(createInterface(owner.stdout), 'line')) as [string]
console.error(`storing ${values.entries} entries`)
const directories = {
  file: await fillDirectory('file', Number(values.entries)),
  level: await fillDirectory('level', Number(values.entries)),
}
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    console.error(`round ${round}`)
    await measureCalls(rounds, address, redis)
    measureHit(rounds)
    await measureRing(rounds)
    await measureStampede(rounds)
    await measureRestart(rounds, 'file', directories.file)
    await measureRestart(rounds, 'level', directories.level)
  }
} finally {
  removeDirectory(directories.file)
  removeDirectory(directories.level)
  owner.stdin.end()
  redis.destroy()
  await redisServer.stop()
}

const report = render()
console.log(report)
if (values.page !== 'none') writeReport(values.page, report)

function render(): string {
  const of = (name: string): number => rounds.median(name)
  const micros = (name: string): string => `${digits(of(name))} µs`
  const rate = (name: string): string => `${digits(of(name) / 1000)} k/s`
  const row = (what: string, ours: string, other: string, ratio: number, wanted: string, isMet: boolean): string[] => [
    what,
    ours,
    other,
    formatRatio(ratio),
    wanted,
    isMet ? 'met' : '**missed**',
  ]
  const hit = rounds.ratio('local hit', 'redis sequential')
  const sequential = rounds.ratio('peer sequential', 'redis sequential')
  const parallel = rounds.ratio('peer parallel', 'redis parallel')
  const many = rounds.ratio('many', 'many one by one')
  const rows = [
    row(
      'get from own memory',
      micros('local hit'),
      micros('redis sequential'),
      hit,
      '<= 1 µs, 100 times faster',
      of('local hit') <= 1 && hit <= 0.01,
    ),
    row(
      'get of 100 bytes from a peer, one after the other',
      micros('peer sequential'),
      micros('redis sequential'),
      sequential,
      '<= x1.5',
      sequential <= 1.5,
    ),
    row('the same, 32 at a time', rate('peer parallel'), rate('redis parallel'), parallel, '>= x0.7', parallel >= 0.7),
    row(
      'getMany(100) from a peer, to 100 gets',
      micros('many'),
      micros('many one by one'),
      many,
      '<= x0.2',
      many <= 0.2,
    ),
  ]
  const single = [
    ['look-up in a ring of 512 peers', micros('ring'), '<= 1 µs', verdict(of('ring') <= 1)],
    [
      '10,000 gets of one key at once',
      `${digits(of('stampede ms'))} ms, ${of('stampede loads')} load`,
      '<= 50 ms, 1 load',
      verdict(of('stampede ms') <= 50 && of('stampede loads') === 1),
    ],
    restart('FileStore', of('restart file')),
    restart('LevelStore', of('restart level')),
    ['100 gets at once from a peer', micros('many alone'), '', ''],
  ]
  const day = new Date().toISOString().slice(0, 10)
  return [
    `Measured ${day}: ${cpus().length} cores, Node ${process.versions.node}; medians of ${values.rounds} rounds, ratios within a round; client, owner and Redis share the machine. Own memory, ring and gets of one key at once are processor time.`,
    table(['', 'coldsnap', 'Redis GET, node-redis; or as said', 'ratio', 'wanted', ''], rows),
    table(['', 'measured', 'wanted', ''], single),
  ].join('\n\n')
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : '**missed**'
}

function restart(store: string, ms: number): string[] {
  const what = `restart with ${values.entries} entries in a ${store}, to the first answer`
  return [what, `${digits(ms)} ms`, '<= 50 ms', verdict(ms <= 50)]
}
