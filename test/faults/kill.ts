// npm run kill: kills writers of both stores and prints what was found after it.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomFrom } from '../snapshot/runs.ts'
import { type KillCounts, noCounts, runKills } from './kill-run.ts'
import { storeNames } from './kill-state.ts'

const usage = `npm run kill -- [options]
  --kills 10000          how many writers of each store to kill
  --stores ${storeNames.join(',')}
  --seed 1               of the moments; what a kill meets depends on the machine too
  --dir /some/disk       where to write (default: the system's temporary directory)`

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10000' },
    stores: { type: 'string', default: storeNames.join(',') },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    dir: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else await main()

async function main(): Promise<void> {
  const kills = Number(values.kills)
  const asked = values.stores.split(',')
  const unknown = asked.filter(name => !storeNames.some(known => known === name))
  if (!(Number.isInteger(kills) && kills > 0) || unknown.length > 0) {
    console.error(usage)
    process.exitCode = 2
    return
  }
  console.log(`seed ${values.seed}`)
  for (const store of storeNames.filter(name => asked.includes(name))) {
    const lanes = (['power', 'process'] as const).map(async (durability, lane) => {
      const dir = fs.mkdtempSync(join(values.dir, 'coldsnap-kill-'))
      try {
        return await runKills({
          store,
          durability,
          kills: lane === 0 ? Math.ceil(kills / 2) : Math.floor(kills / 2),
          random: randomFrom(Number(values.seed) + lane),
          dir,
          writer: fileURLToPath(new URL('kill-writer.js', import.meta.url)),
          onProgress: counts => {
            if (counts.kills % 100 === 0) console.error(`${store}, ${durability}: ${describe(counts)}`)
          },
        })
      } finally {
        fs.rmSync(dir, { recursive: true, force: true })
      }
    })
    const total = (await Promise.all(lanes)).reduce(add, noCounts())
    console.log(`${store}: ${describe(total)}`)
    if (total.mixed + total.torn + total.lost + total.litter > 0) process.exitCode = 1
  }
}

function add(a: KillCounts, b: KillCounts): KillCounts {
  const sum = noCounts()
  for (const name of Object.keys(sum) as (keyof KillCounts)[]) sum[name] = a[name] + b[name]
  return sum
}

function describe(counts: KillCounts): string {
  const { kills, acknowledged, mixed, torn, lost, litter, inFlight } = counts
  const found = `${mixed} mixed, ${torn} torn, ${lost} acknowledged and lost, ${litter} left something behind`
  return `${kills} kills, ${acknowledged} writes acknowledged: ${found}, ${inFlight} found the write under way`
}
