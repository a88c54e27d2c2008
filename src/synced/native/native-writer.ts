import { utf8DecodeIfValid } from '../../bytes/utf8.ts'
import { codecIds } from '../../codec/codec.ts'
import type { RedisArgument } from '../../redis/redis-port.ts'
import type { RemoteFill, RemoteOptions, RemoteValue, SyncedEntry } from '../remote-level.ts'
import { eventKinds } from './event.ts'
import { bytesOfId } from './id64.ts'
import { changeKeyScript } from './lua/change-key.ts'
import { clearScript } from './lua/clear.ts'
import { deleteTagScript } from './lua/delete-tag.ts'
import { fillScript } from './lua/fill.ts'
import { writeScript } from './lua/write.ts'
import type { NativeContext } from './native-context.ts'
import { NativeSeen } from './native-reader.ts'
import type { Partition } from './partition.ts'
import { encodeTags, recordHeadBytes } from './record.ts'
import { type ChangeReply, changeReply, unexpected } from './script-reply.ts'

type Write = readonly [key: string, value: RemoteValue]

/** How long Redis keeps a record, in whole milliseconds; 0 is for ever. */
interface Lifetime {
  readonly freshMs: number
  readonly lifeMs: number
}

/** What `encodeTags` gives for none. */
const noTagsText = '\0'
/** A script blocks Redis as long as it runs. */
const maxValuesPerScript = 500
const maxBytesPerScript = 1024 * 1024
/** About 3,170 years. What is to live longer lives for ever: Redis cannot count further than 2^63 ms. */
const maxLifeMs = 1e14

/** Changes values, each time by one script that numbers the change, does it and tells it. */
export class NativeWriter {
  readonly #context: NativeContext

  constructor(context: NativeContext) {
    this.#context = context
  }

  write(values: readonly Write[], options?: RemoteOptions): Promise<readonly SyncedEntry[]> {
    if (values.length !== 1) return this.#writeMany(values, options)
    return this.#writeChunk(this.#context.partitionOf(values[0]![0]), values, options)
  }

  async #writeMany(values: readonly Write[], options?: RemoteOptions): Promise<readonly SyncedEntry[]> {
    const entries: SyncedEntry[] = new Array(values.length)
    const groups = this.#context.byPartition(values.map(([key]) => key))
    const work = [...groups].map(async ([partition, indices]) => {
      // One after the other: of two values for one key the later must win.
      for (const chunk of chunksOf(values, indices)) {
        const chunkValues = chunk.map(index => values[index]!)
        const written = await this.#writeChunk(partition, chunkValues, options)
        for (const [i, index] of chunk.entries()) entries[index] = written[i]!
      }
    })
    await Promise.all(work)
    return entries
  }

  async #writeChunk(partition: Partition, values: readonly Write[], options?: RemoteOptions): Promise<SyncedEntry[]> {
    const { meta, valuePrefix } = partition.names
    const args = [...this.#context.args(partition), this.#rememberedMs()]
    for (const [, value] of values) this.#pushValue(args, value)
    const names = values.map(([key]) => valuePrefix + key)
    const sentAtMs = this.#context.settings.clock()
    const reply = changeReply(await writeScript.run(this.#context.port, [meta, ...names], args, options))
    if (reply === undefined) throw unexpected()
    partition.clock.answered(sentAtMs, reply.timeMs)
    for (const [i, [key]] of values.entries()) partition.changed(key, reply.sequence + i)
    return values.map(([, value], i) => entryWritten(partition, value, reply, reply.sequence + i))
  }

  async fill(key: string, fill: RemoteFill, options?: RemoteOptions): Promise<SyncedEntry | undefined> {
    const { seen, changedTo = -1, lease, tags } = fill
    if (!(seen instanceof NativeSeen)) throw new TypeError('What a fill is held against must come from a read')
    // Redis has a trace of that too, unless it was evicted.
    const { epoch, sequence, untilMs } = seen.look
    if (changedTo > sequence) return undefined
    const partition = this.#context.partitionOf(key)
    const { meta, tags: deletedTags, valuePrefix, leasePrefix } = partition.names
    const args = this.#context.args(partition)
    this.#pushValue(args, fill)
    const seenEpoch = epoch === undefined ? '' : bytesOfId(epoch)
    args.push(seenEpoch, `${sequence}`, seen.head, lease?.token ?? '', `${Math.floor(untilMs)}`, ...tags)
    const names = [meta, valuePrefix + key, deletedTags, leasePrefix + key]
    const sentAtMs = this.#context.settings.clock()
    const reply = changeReply(await fillScript.run(this.#context.port, names, args, options))
    if (reply === undefined) return undefined
    partition.clock.answered(sentAtMs, reply.timeMs)
    partition.changed(key, reply.sequence)
    return entryWritten(partition, fill, reply, reply.sequence)
  }

  async delete(key: string, options?: RemoteOptions): Promise<number> {
    return await this.#changeKey(key, eventKinds.delete, this.#rememberedMs(), options)
  }

  async invalidate(key: string, options?: RemoteOptions): Promise<number> {
    return await this.#changeKey(key, eventKinds.invalidate, '0', options)
  }

  async #changeKey(key: string, kind: number, tombstoneMs: string, options?: RemoteOptions): Promise<number> {
    const partition = this.#context.partitionOf(key)
    const { meta, valuePrefix, leasePrefix } = partition.names
    const args = [...this.#context.args(partition), String.fromCharCode(kind), tombstoneMs]
    const names = [meta, valuePrefix + key, leasePrefix + key]
    const reply = changeReply(await changeKeyScript.run(this.#context.port, names, args, options))
    if (reply === undefined) throw unexpected()
    partition.changed(key, reply.sequence)
    return reply.sequence
  }

  async deleteByTag(tag: string, options?: RemoteOptions): Promise<void> {
    await this.#everywhere(async partition => {
      const args = [...this.#context.args(partition), tag, this.#rememberedMs()]
      const { meta, tags } = partition.names
      return changeReply(await deleteTagScript.run(this.#context.port, [meta, tags], args, options))
    })
  }

  async clear(options?: RemoteOptions): Promise<void> {
    await this.#everywhere(async partition => {
      const { meta, tags } = partition.names
      const args = this.#context.args(partition)
      return changeReply(await clearScript.run(this.#context.port, [meta, tags], args, options))
    })
  }

  // Until its own event has come, a plain read would find what this call has made void.
  async #everywhere(change: (partition: Partition) => Promise<ChangeReply | undefined>): Promise<void> {
    const work = this.#context.partitions.map(async partition => {
      const reply = await change(partition)
      if (reply === undefined) throw unexpected()
      partition.fence(reply.sequence)
    })
    await Promise.all(work)
  }

  /** How long Redis knows that a key or tag moved, whatever becomes of its value. */
  #rememberedMs(): string {
    return `${Math.min(maxLifeMs, Math.max(1, Math.ceil(this.#context.settings.tombstoneMs)))}`
  }

  #pushValue(args: RedisArgument[], value: RemoteValue): void {
    const { codec, body, broadcast } = value
    const tags = encodeTags(value.tags)
    const { freshMs, lifeMs } = lifetimeOf(value)
    const byteLength = recordHeadBytes + tags.byteLength + body.byteLength
    const isSent = broadcast === 'value' && byteLength <= this.#context.settings.inlineBytes
    const kind = isSent ? eventKinds.set : eventKinds.move
    // Text as text: clients send all the text of a command in one piece, and each of its bytes in a piece of its own.
    const tagsSent = value.tags.length === 0 ? noTagsText : tags
    const bodySent = codec === codecIds.json ? (utf8DecodeIfValid(body) ?? body) : body
    args.push(String.fromCharCode(codec, kind), `${freshMs}`, `${lifeMs}`, tagsSent, bodySent)
  }
}

function entryWritten(partition: Partition, value: RemoteValue, reply: ChangeReply, version: number): SyncedEntry {
  const { codec, body, tags } = value
  const { freshMs, lifeMs } = lifetimeOf(value)
  const until = (ms: number): number => partition.clock.toLocal(ms === 0 ? 0 : reply.timeMs + ms)
  return { version, codec, body, freshUntilMs: until(freshMs), expiresAtMs: until(lifeMs), tags }
}

function lifetimeOf({ ttlMs = Number.POSITIVE_INFINITY, staleMs }: RemoteValue): Lifetime {
  const freshMs = wholeMs(ttlMs)
  return { freshMs, lifeMs: freshMs === 0 ? 0 : wholeMs(freshMs + staleMs) }
}

function wholeMs(ms: number): number {
  return ms > maxLifeMs ? 0 : Math.max(1, Math.ceil(ms))
}

/** Cuts the values of a partition into what one script writes; one that is too large has a script of its own. */
function chunksOf(values: readonly Write[], indices: readonly number[]): number[][] {
  const chunks: number[][] = []
  let chunk: number[] = []
  let bytes = 0
  for (const index of indices) {
    const { byteLength } = values[index]![1].body
    if (chunk.length > 0 && (chunk.length === maxValuesPerScript || bytes + byteLength > maxBytesPerScript)) {
      chunks.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(index)
    bytes += byteLength
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}
