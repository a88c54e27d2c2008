import type { RedisArgument, RedisPort } from '../../redis/redis-port.ts'
import type { RemoteSink } from '../remote-level.ts'
import { asciiOfId, type Id64, newId, sameId, textOfId } from './id64.ts'
import { channelName, partitionOf } from './key-names.ts'
import type { NativeSettings } from './native-settings.ts'
import { Partition, senderOf } from './partition.ts'

/** What the parts of a {@link NativeLevel} share. */
export class NativeContext {
  readonly port: RedisPort
  readonly settings: NativeSettings
  readonly sink: RemoteSink
  readonly channel: string
  readonly partitions: readonly Partition[]
  readonly #sender: Id64
  /** The sender of the last event: mostly the next one's too. */
  #lastSender: Id64
  #lastSenderText: string

  constructor(port: RedisPort, settings: NativeSettings, sink: RemoteSink) {
    const { prefix, partitions, db, id } = settings
    const sender = senderOf(id)
    this.#sender = sender
    this.#lastSender = sender
    this.#lastSenderText = id
    this.port = port
    this.settings = settings
    this.sink = sink
    this.channel = channelName(prefix, db)
    this.partitions = Array.from({ length: partitions }, (_, number) => new Partition(prefix, number, sender))
  }

  partitionOf(key: string): Partition {
    return this.partitions[partitionOf(key, this.partitions.length)]!
  }

  /** Indices of `keys` by partition, in their order. */
  byPartition(keys: readonly string[]): Map<Partition, number[]> {
    const groups = new Map<Partition, number[]>()
    for (const [index, key] of keys.entries()) {
      const partition = this.partitionOf(key)
      const group = groups.get(partition)
      if (group === undefined) groups.set(partition, [index])
      else group.push(index)
    }
    return groups
  }

  /** The first arguments of every script that tells something; `mark` is its nonce. */
  args(partition: Partition, mark: Id64 = this.newId()): RedisArgument[] {
    return [this.channel, partition.from, asciiOfId(mark), asciiOfId(this.newId()), `${this.partitions.length}`]
  }

  /** The name of a sender: the id of this process as it was given, 16 hex digits for others. */
  senderText(sender: Id64): string {
    if (!sameId(sender, this.#lastSender)) {
      this.#lastSender = sender
      this.#lastSenderText = sameId(sender, this.#sender) ? this.settings.id : textOfId(sender)
    }
    return this.#lastSenderText
  }

  /** Whether this process sent it. */
  isOwn(sender: Id64): boolean {
    return sameId(sender, this.#sender)
  }

  newId(): Id64 {
    return newId(this.settings.random)
  }
}
