import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { CacheError } from '../../../src/errors.ts'
import { type Entry, entryFromWire, isExpired } from '../../../src/group/entry.ts'
import type { PeerAnswer, PeerService } from '../../../src/group/peer-service.ts'

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** The group `users` that the conversations of `wire.json` were recorded with: what its loader gave, by the key. */
export class RecordedGroup implements PeerService {
  /** How often the loader ran. */
  loads = 0
  readonly #entries = new Map<string, Entry>()

  async get(group: string, key: Uint8Array): Promise<PeerAnswer> {
    checkGroup(group)
    const name = latin1(key)
    const held = this.#entries.get(name)
    if (held !== undefined && !isExpired(held, Date.now())) return { kind: 'value', entry: held }
    this.loads++
    const answer = load(key)
    if (answer.kind === 'value') this.#entries.set(name, answer.entry)
    return answer
  }

  async set(group: string, key: Uint8Array, entry: Entry): Promise<void> {
    checkGroup(group)
    this.#entries.set(latin1(key), entry)
  }

  async remove(group: string, key: Uint8Array): Promise<void> {
    checkGroup(group)
    this.#entries.delete(latin1(key))
  }

  async removeMany(group: string, keys: readonly Uint8Array[]): Promise<void> {
    checkGroup(group)
    for (const key of keys) this.#entries.delete(latin1(key))
  }

  async getMany(group: string, keys: readonly Uint8Array[]): Promise<readonly PeerAnswer[]> {
    return await Promise.all(keys.map(key => this.get(group, key)))
  }
}

function checkGroup(group: string): void {
  if (group !== 'users') throw new CacheError('UNKNOWN_GROUP', 'There is no such group')
}

function load(key: Uint8Array): PeerAnswer {
  const name = latin1(key)
  const value = Uint8Array.from([...utf8Encode('val:'), ...key])
  if (name.startsWith('nf')) return { kind: 'notFound', message: `no such user ${name}` }
  if (name.startsWith('wrapnf')) return { kind: 'notFound', message: 'outer: inner' }
  if (name.startsWith('err')) return { kind: 'loadFailed', message: 'database is down' }
  if (name.startsWith('none')) return { kind: 'value', entry: entryFromWire(new Uint8Array(), 0n) }
  if (name.startsWith('big')) return { kind: 'value', entry: entryFromWire(new Uint8Array(5000).fill(0x78), 0n) }
  return { kind: 'value', entry: entryFromWire(value, name.startsWith('exp') ? 4102444800123456789n : 0n) }
}
