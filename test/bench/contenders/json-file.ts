import fs from 'node:fs'
import type { NetmapState } from '../../helpers/netmap-state.ts'
import type { Opened, Variant } from '../contender.ts'

/** The whole state in one JSON file that is replaced by rename: what most programs do. */
export async function open(directory: string, { power }: Variant): Promise<Opened> {
  const path = `${directory}/state.json`
  const read = (): NetmapState => JSON.parse(fs.readFileSync(path, 'utf8')) as NetmapState
  return {
    load: async () => read(),
    first: async () => read().SelfNode,
    element: async id => read().Peers.find(peer => peer.StableID === id),
    async store(state) {
      const fd = fs.openSync(`${path}.tmp`, 'w', 0o600)
      fs.writeFileSync(fd, JSON.stringify(state))
      if (power) fs.fsyncSync(fd)
      fs.closeSync(fd)
      fs.renameSync(`${path}.tmp`, path)
      if (power) syncDirectory(directory)
    },
    close: async () => undefined,
  }
}

function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r')
  fs.fsyncSync(fd)
  fs.closeSync(fd)
}
