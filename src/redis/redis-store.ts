import { inOwnMemory } from '../bytes/in-own-memory.ts'
import { compareUtf8, isWellFormed, utf8DecodeIfValid, utf8Length } from '../bytes/utf8.ts'
import {
  checkBytes,
  checkKey,
  checkOperation,
  checkOptionNames,
  checkPrefix,
  checkSignal,
  isKeySize,
} from '../core/check.ts'
import { RunningCalls } from '../core/running-calls.ts'
import { CacheError } from '../errors.ts'
import type { Store, StoreOperation, StoreOptions } from '../store/store.ts'
import { GuardedRedis, type GuardedRedisOptions, guardOptionNames } from './guarded-redis.ts'
import { isRedisPort, redisPort } from './port-of-client.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisNode, RedisPort, RedisReply } from './redis-port.ts'
import { RedisScript } from './redis-script.ts'
import { redisStoreError } from './redis-store-error.ts'
import { literalPattern, scanNames } from './scan-names.ts'

/** Options of a {@link RedisStore}; those of {@link GuardedRedis} say when its calls end, by a deadline of 10 s if not told. */
export interface RedisStoreOptions extends GuardedRedisOptions {
  /**
   * What the name of each key in Redis begins with, 1 to 200 bytes of UTF-8; keys without it are not touched. On a cluster
   * there is `batch` only if it has a hash tag, `{shop}:`, that puts all keys on one node.
   */
  readonly prefix: string
}

/** Longest value that Redis takes, in bytes: 512 MiB. */
const maxValueBytes = 512 * 1024 * 1024
const maxPrefixBytes = 200
const keysPerScan = 1000
const keysPerPipeline = 500

// The sets come first: they alone can be refused for want of memory, and then nothing is done. `unpack` takes some thousands.
const batchScript = new RedisScript(`local stored = tonumber(ARGV[1])
for first = 1, stored, 1000 do
  local pairs = {}
  for i = first, math.min(first + 999, stored) do
    pairs[#pairs + 1] = KEYS[i]
    pairs[#pairs + 1] = ARGV[i + 1]
  end
  redis.call('MSET', unpack(pairs))
end
for i = stored + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end`)

/**
 * A {@link Store} in Redis: the value of key `k` is the string at `prefix` + `k`. What a resolved write has survived is
 * what the server is told to persist and to replicate. `batch` is one command or one script: all or nothing.
 *
 * Values may have 512 MiB. Errors: `UNAVAILABLE` (Redis is not there, or mute), `STORE_FULL`, `READ_ONLY`, `NO_ACCESS`,
 * `VALUE_TOO_LARGE`, `CLOSED`, `ABORTED`, and `IO` for the rest: a key that holds no string is `IO`, not a miss.
 */
export class RedisStore implements Store {
  /** Absent on a cluster whose keys may be on several nodes. */
  readonly batch?: NonNullable<Store['batch']>
  readonly #redis: GuardedRedis
  readonly #prefix: string
  readonly #ownsPort: boolean
  readonly #running = new RunningCalls()
  #closed: Promise<void> | undefined

  /** A client is left as it is, see {@link redisPort}; a port stays the caller's, who closes it after the store. */
  constructor(redis: RedisClient | RedisPort, options: RedisStoreOptions) {
    checkOptionNames(options, ['prefix', ...guardOptionNames])
    const { prefix, timeoutMs = 10_000, ...guard } = options
    checkStorePrefix(prefix)
    this.#prefix = prefix
    this.#ownsPort = !isRedisPort(redis)
    const port = isRedisPort(redis) ? redis : redisPort(redis)
    this.#redis = new GuardedRedis(port, { timeoutMs, ...guard })
    if (!port.isCluster || hasHashTag(prefix)) this.batch = (operations, stores) => this.#batch(operations, stores)
  }

  async *list(prefix: string, options: StoreOptions = {}): AsyncGenerator<string> {
    this.#check(options)
    checkPrefix(prefix)
    const nodes = await this.#run(this.#redis.nodes(options), 'Cannot list keys')
    // A key may come several times, and from two nodes while it moves between them.
    const keys = new Set<string>()
    for (const node of nodes) {
      for await (const name of this.#scan(node, this.#prefix + prefix, options)) keys.add(name)
    }
    for (const key of [...keys].sort(compareUtf8)) {
      this.#check(options)
      yield key
    }
  }

  async load(key: string, options: StoreOptions = {}): Promise<Uint8Array | undefined> {
    this.#check(options, key)
    const name = this.#prefix + key
    const action = 'Cannot load a value'
    return bytesOrAbsent(await this.#run(this.#redis.command({ args: ['GET', name], key: name }, options), action, key))
  }

  // Not MGET: it says of a key that holds no string that it is absent.
  async loadMany(keys: readonly string[], options: StoreOptions = {}): Promise<(Uint8Array | undefined)[]> {
    this.#check(options, ...keys)
    const values: (Uint8Array | undefined)[] = []
    for (let from = 0; from < keys.length; from += keysPerPipeline) {
      this.#check(options)
      const some = keys.slice(from, from + keysPerPipeline)
      const commands = some.map(key => ({ args: ['GET', this.#prefix + key], key: this.#prefix + key }))
      const answers = await this.#run(this.#redis.pipeline(commands, options), 'Cannot load values')
      answers.forEach((answer, i) => {
        if (answer instanceof Error) throw redisStoreError(answer, 'Cannot load a value', some[i])
        values.push(bytesOrAbsent(answer))
      })
    }
    return values
  }

  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    checkBytes(value)
    checkSize(value.byteLength, key)
    const name = this.#prefix + key
    const work = this.#redis.command({ args: ['SET', name, value], key: name }, options)
    await this.#run(work, 'Cannot store a value', key)
  }

  async remove(key: string, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    const name = this.#prefix + key
    await this.#run(this.#redis.command({ args: ['UNLINK', name], key: name }, options), 'Cannot remove a key', key)
  }

  /** Waits for the calls that are under way; then ends the connections, unless a port was passed in. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#running.ended()
    if (this.#ownsPort) await this.#redis.close()
  }

  async #batch(operations: readonly StoreOperation[], options: StoreOptions = {}): Promise<void> {
    this.#check(options)
    for (const operation of operations) checkOperation(operation)
    // The last operation on a key decides, so that their order no longer matters.
    const last = new Map<string, Uint8Array | undefined>()
    for (const { key, ...operation } of operations) {
      last.set(this.#prefix + key, operation.type === 'store' ? operation.value : undefined)
    }
    const stored = [...last].flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
    const removed = [...last.keys()].filter(name => last.get(name) === undefined)
    if (last.size === 0) return
    checkSize(stored.reduce((sum, { value }) => sum + value.byteLength, 0))
    await this.#run(this.#write(stored, removed, options), 'Cannot write a batch')
  }

  #write(
    stored: readonly { readonly name: string; readonly value: Uint8Array }[],
    removed: readonly string[],
    options: StoreOptions,
  ): Promise<RedisReply> {
    if (stored.length === 0) return this.#redis.command({ args: ['UNLINK', ...removed], key: removed[0] }, options)
    if (removed.length === 0) {
      const pairs = stored.flatMap(({ name, value }) => [name, value])
      return this.#redis.command({ args: ['MSET', ...pairs], key: stored[0]!.name }, options)
    }
    const keys = [...stored.map(({ name }) => name), ...removed]
    return batchScript.run(this.#redis, keys, [`${stored.length}`, ...stored.map(({ value }) => value)], options)
  }

  async *#scan(node: RedisNode, start: string, options: StoreOptions): AsyncGenerator<string> {
    const send = (args: readonly string[]): Promise<RedisReply> => {
      this.#check(options)
      return this.#run(node.command({ args }, options), 'Cannot list keys')
    }
    const unexpected = (): CacheError => new CacheError('IO', 'SCAN did not answer keys')
    const pattern = `${literalPattern(start)}*`
    for await (const names of scanNames(send, { pattern, count: keysPerScan, unexpected })) {
      for (const name of names) {
        const key = keyOf(name)?.slice(this.#prefix.length)
        if (key !== undefined && isKeySize(key)) yield key
      }
    }
  }

  // Names what failed, and lets `close` wait for the work.
  async #run<T>(work: Promise<T>, action: string, key?: string): Promise<T> {
    try {
      return await this.#running.wait(work)
    } catch (error) {
      throw redisStoreError(error, action, key)
    }
  }

  #check(options: StoreOptions, ...keys: string[]): void {
    if (this.#closed !== undefined) throw new CacheError('CLOSED', 'The store is closed')
    checkSignal(options.signal)
    for (const key of keys) checkKey(key)
  }
}

function checkStorePrefix(prefix: string): void {
  if (typeof prefix !== 'string') throw new TypeError(`Option prefix must be a string, received ${typeof prefix}`)
  const length = utf8Length(prefix)
  if (length < 1 || length > maxPrefixBytes || !isWellFormed(prefix)) {
    throw new RangeError(`Option prefix must have 1 to ${maxPrefixBytes} bytes of UTF-8 without lone surrogates`)
  }
}

function checkSize(byteLength: number, key?: string): void {
  if (byteLength <= maxValueBytes) return
  throw new CacheError('VALUE_TOO_LARGE', `Cannot store ${byteLength} bytes: Redis takes ${maxValueBytes}`, { key })
}

// What Redis Cluster hashes instead of a whole key that begins so: what is between the first brace and the next closing one.
function hasHashTag(prefix: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(prefix)
}

function bytesOrAbsent(answer: RedisReply): Uint8Array | undefined {
  if (answer === null) return undefined
  // Who gets it may transfer it.
  if (answer instanceof Uint8Array) return inOwnMemory(answer)
  throw new CacheError('IO', 'GET did not answer bytes')
}

// Others may have put names that are no text behind the prefix.
function keyOf(name: RedisReply): string | undefined {
  return name instanceof Uint8Array ? utf8DecodeIfValid(name) : undefined
}
