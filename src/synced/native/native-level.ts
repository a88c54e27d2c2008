import { CacheError } from '../../errors.ts'
import type { RedisPort } from '../../redis/redis-port.ts'
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
import { NativeContext } from './native-context.ts'
import { NativeLeases } from './native-leases.ts'
import { NativeReader } from './native-reader.ts'
import type { NativeSettings } from './native-settings.ts'
import { NativeSweeper } from './native-sweeper.ts'
import { NativeSync } from './native-sync.ts'
import { NativeWriter } from './native-writer.ts'

/**
 * The versioned mode: every change of a partition has the next number, given by the script that makes it and tells it. The
 * number is the version of what was written. docs/PROTOCOL.md, "Synced cache". An `open` that rejects leaves the level
 * trying until `close`, but for a RangeError: other processes have another number of partitions.
 */
export class NativeLevel implements RemoteLevel {
  readonly #sync: NativeSync
  readonly #reader: NativeReader
  readonly #writer: NativeWriter
  readonly #leases: NativeLeases
  readonly #sweeper: NativeSweeper

  /** @param port should end every call by a deadline, as `GuardedRedis` does */
  constructor(port: RedisPort, settings: NativeSettings, sink: RemoteSink) {
    const context = new NativeContext(port, settings, sink)
    this.#sync = new NativeSync(context)
    this.#reader = new NativeReader(context)
    this.#writer = new NativeWriter(context)
    this.#leases = new NativeLeases(context)
    this.#sweeper = new NativeSweeper(context)
  }

  get status(): RemoteLevel['status'] {
    return this.#sync.status
  }

  async open(options?: RemoteOptions): Promise<void> {
    this.#checkOpen()
    await this.#sync.open(options)
  }

  read(keys: readonly string[], options?: RemoteOptions): Promise<readonly RemoteRead[]> {
    return this.status === 'closed' ? Promise.reject(closed()) : this.#reader.read(keys, options)
  }

  write(
    values: readonly (readonly [key: string, value: RemoteValue])[],
    options?: RemoteOptions,
  ): Promise<readonly SyncedEntry[]> {
    return this.status === 'closed' ? Promise.reject(closed()) : this.#writer.write(values, options)
  }

  async fill(key: string, fill: RemoteFill, options?: RemoteOptions): Promise<SyncedEntry | undefined> {
    this.#checkOpen()
    return await this.#writer.fill(key, fill, options)
  }

  async delete(key: string, options?: RemoteOptions): Promise<number> {
    this.#checkOpen()
    return await this.#writer.delete(key, options)
  }

  async invalidate(key: string, options?: RemoteOptions): Promise<number> {
    this.#checkOpen()
    return await this.#writer.invalidate(key, options)
  }

  async deleteByTag(tag: string, options?: RemoteOptions): Promise<void> {
    this.#checkOpen()
    await this.#writer.deleteByTag(tag, options)
  }

  async clear(options?: RemoteOptions): Promise<void> {
    this.#checkOpen()
    await this.#writer.clear(options)
  }

  async sweep(options?: RemoteOptions): Promise<number> {
    this.#checkOpen()
    return await this.#sweeper.sweep(options)
  }

  async acquire(key: string, leaseMs: number, options?: RemoteOptions): Promise<RemoteLease | undefined> {
    this.#checkOpen()
    return await this.#leases.acquire(key, leaseMs, options)
  }

  async renew(lease: RemoteLease, leaseMs: number, options?: RemoteOptions): Promise<boolean> {
    this.#checkOpen()
    return await this.#leases.renew(lease, leaseMs, options)
  }

  async release(lease: RemoteLease, options?: RemoteOptions): Promise<void> {
    this.#checkOpen()
    await this.#leases.release(lease, options)
  }

  async close(): Promise<void> {
    await this.#sync.close()
  }

  #checkOpen(): void {
    if (this.status === 'closed') throw closed()
  }
}

function closed(): CacheError {
  return new CacheError('CLOSED', 'The cache is closed')
}
