import { utf8Decode } from '../../bytes/utf8.ts'
import { CacheError } from '../../errors.ts'
import type { RedisPort } from '../../redis/redis-port.ts'

const count = '1000'

/** Removes all keys that begin with `prefix`, some at a time, so that the server is never held up for long. */
export async function removeKeys(port: RedisPort, prefix: string, signal: AbortSignal | undefined): Promise<void> {
  const pattern = `${prefix.replaceAll(/[\\*?[\]]/g, '\\$&')}*`
  for (const node of await port.nodes({ signal })) {
    let cursor = '0'
    do {
      const reply = await node.command({ args: ['SCAN', cursor, 'MATCH', pattern, 'COUNT', count] }, { signal })
      const [next, keys] = Array.isArray(reply) ? reply : []
      if (!(next instanceof Uint8Array) || !Array.isArray(keys)) {
        throw new CacheError('IO', 'Cannot list keys: found another answer to SCAN than a cursor and keys')
      }
      const names = keys.filter(key => key instanceof Uint8Array)
      if (names.length > 0) await node.command({ args: ['UNLINK', ...names] }, { signal })
      cursor = utf8Decode(next)
    } while (cursor !== '0')
  }
}
