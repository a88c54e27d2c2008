// One job of one contender in a process of its own; prints its figures as JSON.
// Arguments: job, contender, directory, file of the state, id of a peer, and how. Two jobs are none of the table's:
// 'probe' opens and closes the contender, 'weigh' tells how much memory the state takes.
import fs from 'node:fs'
import type { Figures, How, JobName } from './contender.ts'
import { findContender } from './contenders.ts'
import { measureRead } from './measure-read.ts'

const [job, id, directory, stateFile, peerId, how] = process.argv.slice(2) as [
  JobName | 'probe' | 'weigh',
  string,
  string,
  string,
  string,
  How?,
]
const contender = findContender(id)
if (!('import' in contender)) throw new TypeError(`Contender ${id} is no module`)

if (job === 'weigh') print({ state: weigh() })
else if (job === 'probe') {
  const { open } = await contender.import()
  await (await open(directory, contender)).close()
  print({})
} else if (job === 'store') {
  const { measureStore } = await import('./measure-store.ts')
  print(await measureStore(contender, directory, stateFile, how))
} else {
  const { figures, value } = await measureRead(contender, job, directory, peerId)
  if (how === 'check') {
    const { verifyRead } = await import('./verify-read.ts')
    verifyRead(job, value, stateFile, peerId)
  }
  print(figures)
}

// What the state as JSON.parse makes it takes of the heap.
function weigh(): number {
  const text = fs.readFileSync(stateFile, 'utf8')
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const state: unknown = JSON.parse(text)
  globalThis.gc?.()
  const bytes = process.memoryUsage().heapUsed - before
  // Both are in use until here, or the collector would have taken them.
  if (typeof state !== 'object' || text.length === 0) throw new TypeError('The state is no object')
  return bytes
}

function print(figures: Figures): void {
  console.log(JSON.stringify(figures))
}
