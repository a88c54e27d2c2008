import { utf8Decode } from '../../bytes/utf8.ts'
import { codecIds } from '../../codec/codec.ts'
import type { CallSignal } from '../../core/call-signal.ts'
import { checkSignal } from '../../core/check.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import type { RedisPort } from '../../redis/redis-port.ts'
import type { RedisScript } from '../../redis/redis-script.ts'
import type {
  RemoteFill,
  RemoteLease,
  RemoteLevel,
  RemoteOptions,
  RemoteRead,
  RemoteSink,
  RemoteValue,
  SyncedEntry,
} from '../remote-level.ts'
import { GoChannel } from './go-channel.ts'
import { encodeGoEvent, type GoAction, type GoEvent } from './go-event.ts'
import { leasePrefix, noTags } from './go-format.ts'
import { deleteScript, fillScript, releaseScript, renewScript, setScript } from './go-scripts.ts'
import type { GoSettings } from './go-settings.ts'
import { type OwnWrite, OwnWrites } from './own-writes.ts'
import { RecentKeys } from './recent-keys.ts'
import { removeKeys } from './remove-keys.ts'

/** What `read` saw under a key. */
interface Seen {
  readonly bytes: Uint8Array | undefined
  readonly version: number
}

/**
 * Within so long, an event of Go's package may be published behind that of a later write: it sets and publishes in two
 * steps.
 */
const crossMs = 1000

/**
 * The format of Go's huykn/distributed-cache v1.0.4: bare JSON under the bare key behind a prefix, its events on its
 * channel. Between processes of ours it is exact, as each write and its event are one step in Redis, and all apply the
 * events in the order of the channel, their own ones too. A value that Go's pods send is kept unless another event of the key
 * came shortly before; then the key is dropped and read again. See docs/PROTOCOL.md.
 *
 * Versions are the number of events that had arrived. The format has no place for tags and stale values.
 */
export class GoLevel implements RemoteLevel {
  readonly #port: RedisPort
  readonly #settings: GoSettings
  readonly #sink: RemoteSink
  readonly #channel: GoChannel
  readonly #recent = new RecentKeys(crossMs)
  readonly #own = new OwnWrites()
  #version = 0
  #hasBegun = false

  constructor(port: RedisPort, settings: GoSettings, sink: RemoteSink) {
    if (port.isCluster)
      throw new TypeError("Option compat 'go' takes one server, not a Redis Cluster: Go's package knows none")
    this.#port = port
    this.#settings = settings
    this.#sink = sink
    this.#channel = new GoChannel(port, settings, {
      event: event => this.#apply(event),
      begun: () => this.#beginAnew(),
      inStep: isInStep => sink.inStep(isInStep),
      problem: error => sink.problem(error),
    })
  }

  get status(): 'ready' | 'resyncing' | 'down' | 'closed' {
    return this.#channel.status
  }

  async open({ signal }: RemoteOptions = {}): Promise<void> {
    checkSignal(signal)
    await this.#channel.open(signal)
  }

  async read(keys: readonly string[], { signal }: RemoteOptions = {}): Promise<readonly RemoteRead[]> {
    const version = this.#version
    const sentAtMs = this.#settings.clock()
    const commands = keys.flatMap(key => {
      const name = this.#name(key)
      return [
        { args: ['GET', name], key: name },
        { args: ['PTTL', name], key: name },
      ]
    })
    const replies = await this.#port.pipeline(commands, { signal })
    return keys.map((key, i) => {
      const [bytes, ttlMs] = [replies[2 * i], replies[2 * i + 1]]
      for (const reply of [bytes, ttlMs]) if (reply instanceof Error) throw refused('read', key, reply)
      const isAnswer = (bytes === null || bytes instanceof Uint8Array) && typeof ttlMs === 'number'
      if (!isAnswer) throw new CacheError('CORRUPT', 'Cannot read: Redis answered something else', { key })
      // Gone between the two commands.
      const isThere = bytes instanceof Uint8Array && ttlMs !== -2
      const seen: Seen = { bytes: isThere ? bytes : undefined, version }
      if (!isThere) return { entry: undefined, seen }
      // It was sent before Redis looked, so that it ends here no later than there.
      const expiresAtMs = typeof ttlMs === 'number' && ttlMs >= 0 ? sentAtMs + ttlMs : Number.POSITIVE_INFINITY
      return { entry: entryOf(version, bytes, expiresAtMs), seen }
    })
  }

  async write(
    values: readonly (readonly [key: string, value: RemoteValue])[],
    { signal }: RemoteOptions = {},
  ): Promise<readonly (SyncedEntry | undefined)[]> {
    this.#checkWriter()
    const changes = values.map(async ([key, value]) => {
      const write = this.#begin(key, this.#entryOf(value))
      await this.#change(setScript, write, this.#setArgs(key, value), signal)
      return write
    })
    // Not before all are done: the event of one may come meanwhile, and gives its entry another number.
    return (await Promise.all(changes)).map(write => write.entry)
  }

  async fill(key: string, fill: RemoteFill, { signal }: RemoteOptions = {}): Promise<SyncedEntry | undefined> {
    this.#checkWriter()
    const { bytes, version } = fill.seen as Seen
    // Redis does not show that a key was set and removed again, or removed before it was seen absent for long.
    if (this.#recent.movedAfter(key, version)) return undefined
    const condition = [fill.lease?.token ?? '', bytes === undefined ? '0' : '1', bytes ?? '']
    const args = [...this.#setArgs(key, fill), ...condition]
    const write = this.#begin(key, this.#entryOf(fill))
    const isDone = await this.#change(fillScript, write, args, signal)
    return isDone ? write.entry : undefined
  }

  async delete(key: string, { signal }: RemoteOptions = {}): Promise<number> {
    this.#checkWriter()
    const args = [this.#settings.channel, this.#event(key, 'delete')]
    await this.#change(deleteScript, this.#begin(key), args, signal)
    return ++this.#version
  }

  async invalidate(key: string, { signal }: RemoteOptions = {}): Promise<number> {
    this.#checkWriter()
    const event = this.#event(key, 'invalidate')
    const args = ['PUBLISH', this.#settings.channel, event]
    await this.#tell(this.#begin(key), this.#port.command({ args }, { signal }))
    return ++this.#version
  }

  /** Always throws: the format has no place for tags. */
  async deleteByTag(): Promise<never> {
    throw new TypeError(noTags)
  }

  /** Removes all keys behind the prefix, one batch after the other, never others; then tells. */
  async clear({ signal }: RemoteOptions = {}): Promise<void> {
    this.#checkWriter()
    const { prefix, clearWithoutPrefix, id } = this.#settings
    if (prefix === '' && !clearWithoutPrefix) {
      throw new TypeError(
        'Cannot clear a cache without a prefix: it would remove all keys of the database; pass clearWithoutPrefix to mean that',
      )
    }
    const event = encodeGoEvent({ key: '*', sender: id, action: 'clear', prefix })
    try {
      await removeKeys(this.#port, prefix, signal)
    } finally {
      // What was removed before a failure is removed for all.
      await this.#publish(event, signal)
    }
    // Fills that began before, whether or not its event comes; who called empties what he holds.
    this.#recent.allMoved(++this.#version)
  }

  /** Nothing dead takes space in this format. */
  async sweep(): Promise<number> {
    return 0
  }

  async acquire(key: string, leaseMs: number, { signal }: RemoteOptions = {}): Promise<RemoteLease | undefined> {
    this.#checkWriter()
    const name = this.#leaseName(key)
    const { random } = this.#settings
    const token = [random(), random()].map(number => Math.floor(number * 2 ** 52).toString(36)).join('-')
    const args = ['SET', name, token, 'NX', 'PX', `${leaseMs}`]
    const reply = await this.#port.command({ args, key: name }, { signal })
    return reply === null ? undefined : { key, token }
  }

  async renew({ key, token }: RemoteLease, leaseMs: number, { signal }: RemoteOptions = {}): Promise<boolean> {
    return (await renewScript.run(this.#port, [this.#leaseName(key)], [token, `${leaseMs}`], { signal })) === 1
  }

  async release({ key, token }: RemoteLease, { signal }: RemoteOptions = {}): Promise<void> {
    await releaseScript.run(this.#port, [this.#leaseName(key)], [token], { signal })
  }

  async close(): Promise<void> {
    await this.#channel.close()
  }

  #apply({ key: name, sender, action, value, prefix: cleared = '' }: GoEvent): void {
    const { prefix, id, clock } = this.#settings
    const version = ++this.#version
    const isOwn = sender === id
    if (action === 'clear') {
      if (!cleared.startsWith(prefix) && !prefix.startsWith(cleared)) return
      this.#recent.allMoved(version)
      this.#sink.reset('clear')
      return
    }
    if (!name.startsWith(prefix)) return
    const key = name.slice(prefix.length)
    const nowMs = clock()
    // An event of ours tells what Redis held at that place in the order; one of Go's may be late.
    const mayBeLate = !this.#channel.isOurs(sender) && this.#recent.isCrossing(key, nowMs)
    this.#recent.note(key, version, nowMs)
    // Nothing that this process still waits for: sent by another of the same name, or given up here.
    const isForeign = isOwn && !this.#own.has(key)
    const written = isOwn ? this.#own.arrived(key, version) : undefined
    const isSet = action === 'set' && value !== undefined && value.byteLength > 0
    // What came before a write of this process that is under way must not hide it. And Go writes U+FFFD for bytes that are
    // not UTF-8, so that such a name may not be that of the key.
    const isTaken = !(mayBeLate || isForeign || this.#own.has(key) || name.includes('\ufffd'))
    const entry = isSet ? entryOf(version, value, Number.POSITIVE_INFINITY) : written
    if (entry !== undefined && isTaken) this.#sink.set(key, entry, sender)
    else this.#sink.drop(key, version)
  }

  #beginAnew(): void {
    const { clock } = this.#settings
    const reason = this.#hasBegun ? 'reconnect' : 'open'
    if (this.#hasBegun) this.#recent.missed(++this.#version, clock())
    this.#hasBegun = true
    this.#own.forget()
    this.#sink.reset(reason)
  }

  #begin(key: string, entry?: SyncedEntry): OwnWrite {
    return this.#own.begin(key, entry, this.#channel.status !== 'down')
  }

  async #publish(event: Uint8Array, signal: CallSignal | undefined): Promise<void> {
    try {
      await this.#port.command({ args: ['PUBLISH', this.#settings.channel, event] }, { signal })
    } catch (error) {
      if (isCacheError(error)) throw error
      this.#untold(error)
    }
  }

  // The change is done; the others find out when their copies end.
  #untold(cause: unknown, key?: string): void {
    this.#sink.problem(new CacheError('IO', 'Cannot tell the others of a change: Redis refused it', { cause, key }))
  }

  // Whether the script did what it is for.
  async #change(
    script: RedisScript,
    write: OwnWrite,
    args: readonly (string | Uint8Array)[],
    signal: CallSignal | undefined,
  ): Promise<boolean> {
    const keys = [this.#name(write.key), this.#leaseName(write.key)]
    return await this.#tell(write, answerOf(script.run(this.#port, keys, args, { signal })))
  }

  async #tell(write: OwnWrite, sent: Promise<unknown>): Promise<boolean> {
    try {
      const reply = await sent
      if (reply instanceof Uint8Array) {
        // No event fences it, so that what others hold of it is not known: it is read anew.
        this.#untold(new Error(utf8Decode(reply)), write.key)
        this.#undo(write)
        write.entry = undefined
        return true
      }
      if (typeof reply !== 'number') throw new CacheError('CORRUPT', 'Redis answered something else than a number')
      write.isDone = reply !== 0
      if (!write.isDone) this.#undo(write)
      return write.isDone
    } catch (error) {
      this.#undo(write)
      throw error
    }
  }

  // If it was done after all, its event comes later and drops the key.
  #undo(write: OwnWrite): void {
    if (this.#own.failed(write)) this.#sink.drop(write.key, ++this.#version)
  }

  // Go's pods keep for ever what they are sent, and others do not know how much of its time is over: such a value is not sent.
  #setArgs(key: string, { body, ttlMs, broadcast }: RemoteValue): (string | Uint8Array)[] {
    const isSent = broadcast === 'value' && ttlMs === undefined && body.byteLength <= this.#settings.inlineBytes
    const event = isSent ? this.#event(key, 'set', body) : this.#event(key, 'invalidate')
    return [this.#settings.channel, event, body, ttlMs === undefined ? '' : `${ttlMs}`]
  }

  #event(key: string, action: GoAction, value?: Uint8Array): Uint8Array {
    return encodeGoEvent({ key: this.#name(key), sender: this.#settings.id, action, value })
  }

  #entryOf({ body, ttlMs = Number.POSITIVE_INFINITY }: RemoteValue): SyncedEntry {
    // What was read before is older, what comes later is newer.
    return entryOf(++this.#version, body, this.#settings.clock() + ttlMs)
  }

  #name(key: string): string {
    return this.#settings.prefix + key
  }

  #leaseName(key: string): string {
    return this.#settings.prefix + leasePrefix + key
  }

  #checkWriter(): void {
    if (this.#settings.reader) throw new CacheError('READ_ONLY', 'Cannot write: the cache was opened as a reader')
  }
}

function entryOf(version: number, body: Uint8Array, expiresAtMs: number): SyncedEntry {
  return { version, codec: codecIds.json, body, freshUntilMs: expiresAtMs, expiresAtMs, tags: [] }
}

function refused(what: string, key: string, cause: Error): CacheError {
  return new CacheError('IO', `Cannot ${what}: Redis refused it`, { cause, key })
}

async function answerOf(sent: Promise<unknown>): Promise<number | Uint8Array> {
  const reply = await sent
  if (reply === 0 || reply === 1 || reply instanceof Uint8Array) return reply
  throw new CacheError('CORRUPT', 'Redis answered a script with what it does not give')
}
