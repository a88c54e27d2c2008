import type { CallSignal } from '../../core/call-signal.ts'
import { CacheError } from '../../errors.ts'
import type { RedisPort, RedisReply } from '../../redis/redis-port.ts'
import { literalPattern, scanNames } from '../../redis/scan-names.ts'

const count = 1000

/** Removes all keys that begin with `prefix`, some at a time, so that the server is never held up for long. */
export async function removeKeys(port: RedisPort, prefix: string, signal: CallSignal | undefined): Promise<void> {
  const pattern = `${literalPattern(prefix)}*`
  for (const node of await port.nodes({ signal })) {
    const send = (args: readonly string[]): Promise<RedisReply> => node.command({ args }, { signal })
    for await (const keys of scanNames(send, { pattern, count, unexpected })) {
      const names = keys.filter(key => key instanceof Uint8Array)
      if (names.length > 0) await node.command({ args: ['UNLINK', ...names] }, { signal })
    }
  }
}

function unexpected(): CacheError {
  return new CacheError('IO', 'Cannot list keys: found another answer to SCAN than a cursor and keys')
}
