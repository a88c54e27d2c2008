import fs from 'node:fs'
import type { NetmapState } from '../../helpers/netmap-state.ts'
import type { Opened, Variant } from '../contender.ts'

/** How the state becomes bytes. */
export interface WholeCodec {
  readonly name: string
  encode(state: NetmapState): string | Uint8Array
  decode(bytes: Buffer): NetmapState
}

/** The whole state in one file that is replaced by rename: every read decodes all of it, every store writes all of it. */
export function openWholeFile(directory: string, codec: WholeCodec, { power }: Variant): Opened {
  const path = `${directory}/${codec.name}`
  const read = (): NetmapState => codec.decode(fs.readFileSync(path))
  return {
    load: async () => read(),
    first: async () => read().SelfNode,
    async small() {
      const { Peers: _, UserProfiles: __, ...rest } = read()
      return rest
    },
    element: async id => read().Peers.find(peer => peer.StableID === id),
    async store(state) {
      const fd = fs.openSync(`${path}.tmp`, 'w', 0o600)
      fs.writeFileSync(fd, codec.encode(state))
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
