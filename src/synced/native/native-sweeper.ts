import { utf8DecodeIfValid } from '../../bytes/utf8.ts'
import { checkSignal } from '../../core/check.ts'
import type { RedisNode, RedisReply } from '../../redis/redis-port.ts'
import { literalPattern, scanNames } from '../../redis/scan-names.ts'
import type { RemoteOptions } from '../remote-level.ts'
import { sweepScript } from './lua/sweep.ts'
import type { NativeContext } from './native-context.ts'
import type { Partition } from './partition.ts'
import { numberOf, unexpected } from './script-reply.ts'

const keysPerScan = 500

/** Removes what is dead but still takes space. Looks at all keys of the server, a few at a time. */
export class NativeSweeper {
  readonly #context: NativeContext

  constructor(context: NativeContext) {
    this.#context = context
  }

  /** Gives how many keys were removed. */
  async sweep(options: RemoteOptions = {}): Promise<number> {
    let removed = 0
    for (const node of await this.#context.port.nodes()) removed += await this.#sweepNode(node, options)
    return removed
  }

  async #sweepNode(node: RedisNode, options: RemoteOptions): Promise<number> {
    const { prefix } = this.#context.settings
    const pattern = `${literalPattern(prefix)}{${literalPattern(prefix)}[0-9]*}v*`
    const send = async (args: readonly string[]): Promise<RedisReply> => {
      checkSignal(options.signal)
      return await node.command({ args }, options)
    }
    let removed = 0
    for await (const names of scanNames(send, { pattern, count: keysPerScan, unexpected })) {
      removed += await this.#sweepKeys(names, options)
    }
    return removed
  }

  async #sweepKeys(names: readonly RedisReply[], options: RemoteOptions): Promise<number> {
    const groups = new Map<Partition, string[]>()
    for (const name of names) {
      const text = nameOf(name)
      const partition = text === undefined ? undefined : this.#ownerOf(text)
      if (text === undefined || partition === undefined) continue
      const group = groups.get(partition)
      if (group === undefined) groups.set(partition, [text])
      else group.push(text)
    }
    let removed = 0
    for (const [{ names: own }, group] of groups) {
      const keys = [own.meta, own.tags, ...group]
      removed += numberOf(await sweepScript.run(this.#context.port, keys, [], options))
    }
    return removed
  }

  // The pattern lets more through than the names of values.
  #ownerOf(name: string): Partition | undefined {
    const { prefix } = this.#context.settings
    const number = /^\d+/.exec(name.slice(2 * prefix.length + 1))?.[0]
    const partition = number === undefined ? undefined : this.#context.partitions[Number(number)]
    return partition !== undefined && name.startsWith(partition.names.valuePrefix) ? partition : undefined
  }
}

// A name that is not UTF-8 is none of ours.
function nameOf(reply: RedisReply): string | undefined {
  if (!(reply instanceof Uint8Array)) throw unexpected()
  return utf8DecodeIfValid(reply)
}
