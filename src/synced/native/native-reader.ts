import type { RedisReply } from '../../redis/redis-port.ts'
import type { RemoteOptions, RemoteRead, SyncedEntry } from '../remote-level.ts'
import { asCacheError } from './as-cache-error.ts'
import type { ChainPoint } from './event-chain.ts'
import { type Id64, sameId } from './id64.ts'
import { readScript } from './lua/read.ts'
import type { NativeContext } from './native-context.ts'
import type { Partition } from './partition.ts'
import { decodeRecord, type NativeRecord, recordHeadBytes } from './record.ts'
import { headOf, itemsOf, unexpected } from './script-reply.ts'

/** What was known when keys were looked at. */
export interface NativeLook {
  /** The epoch; `undefined` where there was none. */
  readonly epoch: Id64 | undefined
  /** A change that was done before the look; later ones may not have deleted the tags of what is written. */
  readonly sequence: number
  /** By the clock of Redis, in milliseconds: after it, what moved since the look may be forgotten. */
  readonly untilMs: number
}

/** What a conditional write holds a key against. */
export class NativeSeen {
  readonly look: NativeLook
  readonly #record: Uint8Array

  constructor(look: NativeLook, record: Uint8Array) {
    this.look = look
    this.#record = record
  }

  /** How the record began that was there, valid or not; empty: there was none. */
  get head(): Uint8Array {
    return this.#record.subarray(0, recordHeadBytes)
  }
}

/** What may be believed about a record: `undefined` is not known. */
type Judgement = 'valid' | 'dead' | undefined

const noBytes = new Uint8Array()
const keysPerCommand = 500
const maxKeptBytes = 4096

/** The entry of a record, with its times on this process's clock. */
export function entryOf(partition: Partition, record: NativeRecord): SyncedEntry | undefined {
  const { codec, sequence, body, tags } = record
  // A tombstone.
  if (codec === 0) return undefined
  return {
    version: sequence,
    codec,
    body,
    freshUntilMs: partition.clock.toLocal(record.freshUntil),
    expiresAtMs: partition.clock.toLocal(record.expiresAt),
    tags,
  }
}

/**
 * Reads values: by a plain GET while this process is in step and knows what the record must be held against, else by a
 * script that reads the record together with the state of its partition.
 */
export class NativeReader {
  readonly #context: NativeContext

  constructor(context: NativeContext) {
    this.#context = context
  }

  read(keys: readonly string[], options?: RemoteOptions): Promise<readonly RemoteRead[]> {
    return keys.length === 1 ? this.#readOne(keys[0]!, options) : this.#readMany(keys, options)
  }

  // As `#readOf`, with as few promises as can be: most reads are of one key.
  async #readOne(key: string, options?: RemoteOptions): Promise<readonly RemoteRead[]> {
    const partition = this.#context.partitionOf(key)
    const { trusted, life, names } = partition
    if (trusted === undefined) return await this.#ask(partition, [key], options)
    const look = this.#lookAt(partition, trusted)
    let reply: RedisReply
    try {
      reply = await this.#context.port.command({ args: ['GET', names.valuePrefix + key], key: names.meta }, options)
    } catch (error) {
      reply = damagedIfForeign(error)
    }
    const read = this.#readBy(partition, life, bytesOrNull(reply), look)
    return read === undefined ? await this.#ask(partition, [key], options) : [read]
  }

  async #readMany(keys: readonly string[], options?: RemoteOptions): Promise<readonly RemoteRead[]> {
    const reads: RemoteRead[] = new Array(keys.length)
    const work: Promise<void>[] = []
    for (const [partition, indices] of this.#context.byPartition(keys)) {
      for (let at = 0; at < indices.length; at += keysPerCommand) {
        const chunk = indices.slice(at, at + keysPerCommand)
        const put = (found: readonly RemoteRead[]): void => {
          for (const [i, index] of chunk.entries()) reads[index] = found[i]!
        }
        const chunkKeys = chunk.map(index => keys[index]!)
        const one = chunkKeys.length === 1 ? chunkKeys[0] : undefined
        const found = one === undefined ? this.#readOf(partition, chunkKeys, options) : this.#readOne(one, options)
        work.push(found.then(put))
      }
    }
    await Promise.all(work)
    return reads
  }

  async #readOf(partition: Partition, keys: readonly string[], options?: RemoteOptions): Promise<RemoteRead[]> {
    const { trusted, life } = partition
    if (trusted === undefined) return await this.#ask(partition, keys, options)
    const look = this.#lookAt(partition, trusted)
    const found = await this.#get(partition, keys, options)
    const reads: RemoteRead[] = new Array(keys.length)
    const asked: number[] = []
    for (const [i, bytes] of found.entries()) {
      const read = this.#readBy(partition, life, bytes, look)
      if (read === undefined) asked.push(i)
      else reads[i] = read
    }
    if (asked.length > 0) {
      const answers = await this.#ask(
        partition,
        asked.map(i => keys[i]!),
        options,
      )
      for (const [j, i] of asked.entries()) reads[i] = answers[j]!
    }
    return reads
  }

  #lookAt(partition: Partition, { epoch, sequence }: ChainPoint): NativeLook {
    const { clock, tombstoneMs, timeoutMs } = this.#context.settings
    // The time of Redis is known to within a call of it.
    return { epoch, sequence, untilMs: clock() + partition.clock.offsetMs + tombstoneMs - timeoutMs }
  }

  async #get(partition: Partition, keys: readonly string[], options?: RemoteOptions): Promise<(Uint8Array | null)[]> {
    const names = keys.map(key => partition.names.valuePrefix + key)
    const values = itemsOf(
      await this.#context.port.command({ args: ['MGET', ...names], key: partition.names.meta }, options),
    )
    if (values.length !== keys.length) throw unexpected()
    return values.map(bytesOrNull)
  }

  // What a plain read found, judged by what is known now; undefined: Redis must be asked.
  #readBy(partition: Partition, life: number, bytes: Uint8Array | null, look: NativeLook): RemoteRead | undefined {
    const point = partition.life === life ? partition.trusted : undefined
    if (point === undefined) return undefined
    if (bytes === null) return { entry: undefined, seen: new NativeSeen(look, noBytes) }
    return this.#judged(partition, bytes, look, record => {
      if (sameId(record.epoch, point.epoch)) {
        const verdict = partition.tags.judge(record.tags, record.sequence)
        return verdict === 'unknown' ? undefined : verdict
      }
      return partition.isDead(record.epoch) ? 'dead' : undefined
    })
  }

  #judged(
    partition: Partition,
    bytes: Uint8Array,
    look: NativeLook,
    judge: (record: NativeRecord) => Judgement,
  ): RemoteRead | undefined {
    // It may be held as long as a load takes, and a large value need not be.
    const seen = new NativeSeen(look, bytes.byteLength > maxKeptBytes ? bytes.slice(0, recordHeadBytes) : bytes)
    let record: NativeRecord
    try {
      record = decodeRecord(bytes)
    } catch (error) {
      this.#context.sink.problem(asCacheError(error))
      return { entry: undefined, seen }
    }
    const judgement = judge(record)
    if (judgement === undefined) return undefined
    const entry = judgement === 'valid' ? entryOf(partition, record) : undefined
    // What was good for a short time stays for longer than that.
    const isOver = entry !== undefined && entry.expiresAtMs <= this.#context.settings.clock()
    return { entry: isOver ? undefined : entry, seen }
  }

  // Reads together with the state of the partition: what Redis says then needs no knowledge of ours.
  async #ask(partition: Partition, keys: readonly string[], options?: RemoteOptions): Promise<RemoteRead[]> {
    const { port, settings } = this.#context
    const { meta, tags, valuePrefix } = partition.names
    const { life } = partition
    const sentAtMs = settings.clock()
    const names = keys.map(key => valuePrefix + key)
    const reply = itemsOf(await readScript.run(port, [meta, tags, ...names], [], options))
    if (reply.length !== 3 + keys.length) throw unexpected()
    const [epochBytes] = reply
    if (!(epochBytes instanceof Uint8Array)) throw unexpected()
    const isEmpty = epochBytes.byteLength === 0
    const { epoch, sequence, timeMs } = headOf([isEmpty ? new Uint8Array(8) : epochBytes, ...reply.slice(1, 3)])
    partition.clock.answered(sentAtMs, timeMs)
    const look: NativeLook = { epoch: isEmpty ? undefined : epoch, sequence, untilMs: timeMs + settings.tombstoneMs }
    return reply.slice(3).map(item => {
      const [bytes, deletedAt] = recordItem(item)
      if (bytes === null) return { entry: undefined, seen: new NativeSeen(look, noBytes) }
      const judge = (record: NativeRecord): Judgement => {
        if (partition.life === life) this.#learn(partition, epoch, record, deletedAt)
        const isValid = !isEmpty && sameId(record.epoch, epoch) && deletedAt.every(at => at < record.sequence)
        return isValid ? 'valid' : 'dead'
      }
      return this.#judged(partition, bytes, look, judge)!
    })
  }

  // So that the next read of the same record, or of one with the same tags, is a plain one.
  #learn(partition: Partition, epoch: Id64, record: NativeRecord, deletedAt: readonly number[]): void {
    const { point } = partition.chain
    if (point === undefined || !sameId(point.epoch, epoch)) return
    if (!sameId(record.epoch, epoch)) partition.bury(record.epoch)
    else for (const [i, tag] of record.tags.entries()) partition.tags.deleted(tag, deletedAt[i] ?? 0, point.sequence)
  }
}

// What somebody put there that is no string is a value that cannot be read.
function damagedIfForeign(error: unknown): RedisReply {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return noBytes
  throw error
}

function bytesOrNull(reply: RedisReply): Uint8Array | null {
  if (reply === null || reply instanceof Uint8Array) return reply
  throw unexpected()
}

function recordItem(item: RedisReply): readonly [bytes: Uint8Array | null, deletedAt: readonly number[]] {
  if (!Array.isArray(item)) return [bytesOrNull(item), []]
  const [bytes, deletedAt] = item as readonly RedisReply[]
  const numbers = itemsOf(deletedAt ?? null).map(each => {
    if (typeof each === 'number') return each
    throw unexpected()
  })
  return [bytesOrNull(bytes ?? null), numbers]
}
