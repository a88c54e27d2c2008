// One node of a ProcessFleet: does what its parent tells it, and asks it what the origin has.
import { GroupNode } from '../../../src/group/node/group-node.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { breakBy, breaks, makeGroups, perform, watchFlights } from './churn-node.ts'
import type { FromChild, ToChild } from './process-messages.ts'

const [dir, address, broken] = process.argv.slice(2)
const asked = new Map<number, (version: number) => void>()
let lastQuestion = 0

const say = (message: FromChild): void => void process.send?.(message)

process.on('unhandledRejection', reason => say({ kind: 'problem', text: `Unhandled: ${String(reason)}` }))
process.on('warning', warning => say({ kind: 'problem', text: `Warning: ${warning.message}` }))

for (const how of ['detach', 'drops'] as const) if (broken === how && how in breaks) breakBy(how)
const flights = watchFlights()
const store = await FileStore.open(dir!, { durability: 'process' })
const node = await GroupNode.listen(address!, { store })
makeGroups(node, name => {
  const id = ++lastQuestion
  say({ kind: 'load', id, name })
  return new Promise(resolve => asked.set(id, resolve))
})
process.on('message', (message: ToChild) => void obey(message))
say({ kind: 'ready', address: node.address })

async function obey(message: ToChild): Promise<void> {
  if (message.kind === 'version') {
    asked.get(message.id)?.(message.version)
    asked.delete(message.id)
  } else if (message.kind === 'peers') {
    node.setPeers(message.peers, { self: message.self })
    say({ kind: 'done', id: message.id, found: [] })
  } else if (message.kind === 'call') {
    say({ kind: 'done', id: message.id, found: await perform(node, message.call) })
  } else {
    await node.close()
    await store.close()
    if (flights.count() > 0) say({ kind: 'problem', text: `${flights.count()} flights are left` })
    // From here on nothing keeps the process alive but what leaked.
    process.disconnect()
  }
}
