// npm run churn: a fleet in one process and one of real processes, under load and trouble, for as long as you like.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { keyNames } from './churn-values.ts'
import { ClusterFleet } from './cluster-fleet.ts'
import { Ledger } from './ledger.ts'
import { ProcessFleet } from './process-fleet.ts'
import { type ChurnReport, runChurn } from './run-churn.ts'

const usage = `npm run churn -- [options]
  --seconds 60           how long, each
  --fleets one,many      one process, many processes
  --nodes 5
  --seed 1               of calls and troubles; what they meet depends on the machine too`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    fleets: { type: 'string', default: 'one,many' },
    nodes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else {
  const options = { seconds: Number(values.seconds), seed: Number(values.seed) }
  const size = Number(values.nodes)
  console.log(`seed ${options.seed}`)
  for (const name of values.fleets.split(',')) {
    const ledger = new Ledger(keyNames)
    const child = fileURLToPath(new URL('process-child.js', import.meta.url))
    const isOne = name === 'one'
    const fleet = await (isOne ? ClusterFleet.start(size, ledger) : ProcessFleet.start({ size, child, ledger }))
    report(isOne ? 'one process' : `${size} processes`, await runChurn(fleet, ledger, options))
  }
}

function report(name: string, { counts, wrong, problems, leftovers }: ChurnReport): void {
  console.log(
    `${name}: ${Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
  )
  console.log(`  ${wrong.length} wrong, ${problems.length} problems, ${leftovers.length} leftovers`)
  for (const line of [...wrong, ...problems, ...leftovers]) console.log(`  ${line}`)
  if (wrong.length + problems.length + leftovers.length > 0) process.exitCode = 1
}
