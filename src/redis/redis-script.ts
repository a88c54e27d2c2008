import { sha1 } from '@noble/hashes/legacy.js'
import { toHex } from '../bytes/hex.ts'
import { utf8Encode } from '../bytes/utf8.ts'
import type { RedisArgument, RedisCallOptions, RedisPort, RedisReply } from './redis-port.ts'

/** A script in Lua that Redis keeps: sent by its SHA-1, and whole only to a server that does not have it. */
export class RedisScript {
  /** The text in Lua. */
  readonly source: string
  /** The SHA-1 of the source in hexadecimal digits. */
  readonly sha: string

  constructor(source: string) {
    this.source = source
    this.sha = toHex(sha1(utf8Encode(source)))
  }

  /** Runs the script atomically with `KEYS` and `ARGV`, on the node of the first key. */
  async run(
    port: Pick<RedisPort, 'command'>,
    keys: readonly string[],
    args: readonly RedisArgument[],
    options?: RedisCallOptions,
  ): Promise<RedisReply> {
    const rest = [`${keys.length}`, ...keys, ...args]
    try {
      return await port.command({ args: ['EVALSHA', this.sha, ...rest], key: keys[0] }, options)
    } catch (error) {
      // It was not run, so that it may be sent again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return await port.command({ args: ['EVAL', this.source, ...rest], key: keys[0] }, options)
    }
  }
}
