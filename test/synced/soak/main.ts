// npm run soak:synced: processes with one cache over a Redis that is killed, cut, stalled, flushed and restarted.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runSoak } from './run-soak.ts'

const usage = `npm run soak:synced -- [options]
  --seconds 60           of load and trouble
  --processes 6
  --settle 1000          milliseconds after which all must agree with Redis, once everything is back
  --seed 1               of calls and troubles; what they meet depends on the machine too`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    processes: { type: 'string', default: '6' },
    settle: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else {
  console.log(`seed ${values.seed}`)
  const { counts, settledMs, bytes, wrong, problems } = await runSoak({
    seconds: Number(values.seconds),
    processes: Number(values.processes),
    settleMs: Number(values.settle),
    seed: Number(values.seed),
    child: fileURLToPath(new URL('soak-child.js', import.meta.url)),
    onRest: line => console.log(line),
  })
  const sorted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
  console.log(sorted.map(([what, count]) => `${what} ${count}`).join(', '))
  console.log(`agreed after ${settledMs.join(', ')} ms`)
  console.log(`heap at the first rest ${kilobytes(bytes.first)} kB, at the last ${kilobytes(bytes.last)} kB`)
  console.log(`${wrong.length} wrong, ${problems.length} problems`)
  for (const line of [...wrong, ...problems]) console.log(`  ${line}`)
  if (wrong.length + problems.length > 0) process.exitCode = 1
}

function kilobytes(all: readonly number[]): string {
  return all.map(bytes => Math.round(bytes / 1000)).join(', ')
}
