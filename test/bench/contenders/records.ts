import type { NetmapPeer, NetmapState } from '../../helpers/netmap-state.ts'
import type { Opened, SmallFields } from '../contender.ts'

/** The database below a contender that has a key per peer. Keys are ASCII. */
export interface Records {
  get(key: string): Promise<string | undefined>
  /** All records whose key begins with `prefix`, in any order. */
  range(prefix: string): Promise<Iterable<readonly [key: string, text: string]>>
  /** One transaction. */
  write(changed: readonly (readonly [key: string, text: string])[], removed: readonly string[]): Promise<void>
  close(): Promise<void>
}

/**
 * The state as JSON records: one per small field, peer and user. Nobody says what changed, so a store encodes all, and
 * writes what has another text than at the last store: the cheapest way to tell, though it keeps the texts in memory.
 */
export function openRecords(records: Records): Opened {
  let last = new Map<string, string>()
  return {
    load: async () => collect(await records.range('')),
    first: async () => JSON.parse((await records.get('field/SelfNode'))!) as NetmapPeer,
    async small() {
      const fields = [...(await records.range('field/'))].map(([key, text]) => [nameOf(key), JSON.parse(text)])
      return Object.fromEntries(fields) as SmallFields
    },
    async element(id) {
      const text = await records.get(`peer/${id}`)
      return text === undefined ? undefined : (JSON.parse(text) as NetmapPeer)
    },
    async store(state) {
      const texts = encode(state)
      const changed = [...texts].filter(([key, text]) => last.get(key) !== text)
      const removed = [...last.keys()].filter(key => !texts.has(key))
      if (changed.length > 0 || removed.length > 0) await records.write(changed, removed)
      last = texts
    },
    close: () => records.close(),
  }
}

function encode({ Peers, UserProfiles, ...fields }: NetmapState): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(fields)) texts.set(`field/${name}`, JSON.stringify(value))
  for (const peer of Peers) texts.set(`peer/${peer.StableID}`, JSON.stringify(peer))
  for (const id of Object.keys(UserProfiles)) texts.set(`user/${id}`, JSON.stringify(UserProfiles[id]))
  return texts
}

function collect(records: Iterable<readonly [key: string, text: string]>): NetmapState {
  const peers: NetmapPeer[] = []
  const profiles: Record<string, unknown> = {}
  const fields: Record<string, unknown> = {}
  for (const [key, text] of records) {
    const value: unknown = JSON.parse(text)
    if (key.startsWith('peer/')) peers.push(value as NetmapPeer)
    else (key.startsWith('user/') ? profiles : fields)[nameOf(key)] = value
  }
  peers.sort((a, b) => a.ID - b.ID)
  return { ...(fields as SmallFields), Peers: peers, UserProfiles: profiles } as NetmapState
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
