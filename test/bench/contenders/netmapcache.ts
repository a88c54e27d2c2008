import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type { NetmapPeer, NetmapState } from '../../helpers/netmap-state.ts'
import type { Opened } from '../contender.ts'

/**
 * The way of Tailscale's netmapcache, in JavaScript: a file per peer and per user, written in place. A store encodes and
 * hashes everything, and writes what has another digest than at the last store.
 */
export async function open(directory: string): Promise<Opened> {
  const digests = new Map<string, string>()
  const pathOf = (key: string): string => `${directory}/${Buffer.from(key).toString('hex')}`
  const read = (key: string): unknown => JSON.parse(fs.readFileSync(pathOf(key), 'utf8'))
  const write = (key: string, value: unknown): void => {
    const text = JSON.stringify(value)
    const digest = createHash('sha256').update(text).digest('base64')
    if (digests.get(key) === digest) return
    fs.writeFileSync(pathOf(key), text, { mode: 0o600 })
    digests.set(key, digest)
  }
  return {
    load: async () => readAll(directory, read),
    first: async () => (read('self') as { Node: NetmapPeer }).Node,
    small: async () => ({ ...(read('msic') as NetmapState), SelfNode: (read('self') as { Node: NetmapPeer }).Node }),
    element: async id => (read(`peer-${id}`) as { Node: NetmapPeer }).Node,
    async store(state) {
      const { SelfNode, Peers, UserProfiles, ...rest } = state
      write('self', { Node: SelfNode })
      write('msic', rest)
      const keys = new Set(['self', 'msic'])
      for (const peer of Peers) {
        const key = `peer-${peer.StableID}`
        keys.add(key)
        write(key, { Node: peer })
      }
      for (const id of Object.keys(UserProfiles)) {
        keys.add(`user-${id}`)
        write(`user-${id}`, { UserProfile: UserProfiles[id] })
      }
      for (const key of digests.keys()) if (!keys.has(key)) remove(key)
    },
    close: async () => undefined,
  }

  function remove(key: string): void {
    fs.rmSync(pathOf(key), { force: true })
    digests.delete(key)
  }
}

function readAll(directory: string, read: (key: string) => unknown): NetmapState {
  const peers: NetmapPeer[] = []
  const profiles: Record<string, unknown> = {}
  for (const name of fs.readdirSync(directory)) {
    const key = Buffer.from(name, 'hex').toString()
    if (key.startsWith('peer-')) peers.push((read(key) as { Node: NetmapPeer }).Node)
    if (key.startsWith('user-')) profiles[key.slice(5)] = (read(key) as { UserProfile: unknown }).UserProfile
  }
  peers.sort((a, b) => a.ID - b.ID)
  const { Node } = read('self') as { Node: NetmapPeer }
  return { ...(read('msic') as NetmapState), SelfNode: Node, Peers: peers, UserProfiles: profiles }
}
