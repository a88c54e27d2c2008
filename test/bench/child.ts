// One job of one contender in a process of its own; prints its figures as JSON.
// Arguments: job, contender, directory, file of the state, id of a peer, and how: 'verify' compares what was read with
// the state, 'once' only stores it.
import { findContender } from './contenders.ts'
import { measureRead } from './measure-read.ts'

const [job, id, directory, stateFile, peerId, how] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string?,
]
const contender = findContender(id)

if (job === 'store') {
  const { measureStore } = await import('./measure-store.ts')
  print(await measureStore(contender, directory, stateFile, how === 'once'))
} else {
  const { figures, value } = await measureRead(contender, job, directory, peerId)
  if (how === 'verify') {
    const { verifyRead } = await import('./verify-read.ts')
    verifyRead(job, value, stateFile, peerId)
  }
  print(figures)
}

function print(figures: Readonly<Record<string, number>>): void {
  console.log(JSON.stringify(figures))
}
