import { expect, it } from 'vitest'
import { BlobCache, MemoryBlobStore } from '../../src/blob/index.ts'
import { GroupCache } from '../../src/group/index.ts'
import { RequestSigner } from '../../src/group/signing.ts'
import { isCacheError, MemoryStore, PrefixStore, SnapshotCache } from '../../src/index.ts'
import { MemoryRemote, SyncedCache } from '../../src/synced/index.ts'
import { mayWrite } from '../format/fixture-store.ts'
import { comparePart, table } from './page-part.ts'

interface Limit {
  readonly what: string
  readonly limit: string
  /** An error code, or the name of a class. */
  readonly beyond: string
  readonly at: number
  /** Does it with so much. */
  use(size: number): unknown
}

const none = new Uint8Array(0)
const text = (size: number): string => 'x'.repeat(size)

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

async function group(key: string, value: Uint8Array): Promise<unknown> {
  await using cache = new GroupCache()
  return await cache.group('g', { maxBytes: 1_000, load: () => value }).get(key)
}

async function synced(key: string): Promise<void> {
  await using cache = await SyncedCache.open({ remote: new MemoryRemote().connect, prefix: 'p:' })
  await cache.set(key, 1)
}

const limits: readonly Limit[] = [
  {
    what: 'key of a store',
    limit: '1,024 bytes of UTF-8',
    beyond: 'INVALID_KEY',
    at: 1_024,
    use: size => new MemoryStore().store(text(size), none),
  },
  {
    what: 'key of a `PrefixStore`',
    limit: '1,024 bytes, less those of the prefix',
    beyond: 'INVALID_KEY',
    at: 1_014,
    use: size => new PrefixStore(new MemoryStore(), text(10)).store(text(size), none),
  },
  {
    what: 'name of a snapshot cache',
    limit: '200 bytes',
    beyond: 'INVALID_KEY',
    at: 200,
    use: size => new SnapshotCache(new MemoryStore(), { name: text(size) }),
  },
  {
    what: 'depth of a value',
    limit: '256 levels',
    beyond: 'UNSUPPORTED_VALUE',
    at: 256,
    use: size => new SnapshotCache<{ a: unknown }>(new MemoryStore()).store({ a: nested(size) }),
  },
  {
    what: 'size of a `bigint`',
    limit: '1,024 bytes',
    beyond: 'UNSUPPORTED_VALUE',
    at: 1_024,
    use: size => new SnapshotCache<{ a: bigint }>(new MemoryStore()).store({ a: 2n ** BigInt(8 * size) - 1n }),
  },
  {
    what: 'schema version',
    limit: '2^32 - 1',
    beyond: 'RangeError',
    at: 2 ** 32 - 1,
    use: size => new SnapshotCache(new MemoryStore(), { schemaVersion: size }),
  },
  {
    what: 'key of a group, unless `maxKeyBytes` says otherwise',
    limit: '1,024 bytes',
    beyond: 'INVALID_KEY',
    at: 1_024,
    use: size => group(text(size), none),
  },
  {
    what: 'value of a group, unless `maxValueBytes` says otherwise',
    limit: '64 MiB',
    beyond: 'VALUE_TOO_LARGE',
    at: 64 * 2 ** 20,
    use: size => group('key', new Uint8Array(size)),
  },
  {
    what: 'key of a synced cache',
    limit: '1,024 bytes',
    beyond: 'INVALID_KEY',
    at: 1_024,
    use: size => synced(text(size)),
  },
  {
    what: 'namespace or key of a blob',
    limit: '1,024 bytes',
    beyond: 'INVALID_KEY',
    at: 1_024,
    use: size => new BlobCache(new MemoryBlobStore(), { namespace: text(size) }).put(text(size), none),
  },
]

const failureOf = async (limit: Limit, size: number): Promise<unknown> => {
  try {
    await limit.use(size)
    return undefined
  } catch (error) {
    return error
  }
}

it.each(limits)('$what: $limit', async limit => {
  expect(await failureOf(limit, limit.at)).toBeUndefined()
  const error = await failureOf(limit, limit.at + 1)
  if (/Error$/.test(limit.beyond)) expect((error as Error).name).toBe(limit.beyond)
  else expect(isCacheError(error) ? error.code : error).toBe(limit.beyond)
})

it('a secret has at least 16 bytes', () => {
  expect(() => new RequestSigner(text(16))).not.toThrow()
  expect(() => new RequestSigner(text(15))).toThrow(RangeError)
})

it('docs/limits.md has them all', async () => {
  const rows = limits.map(({ what, limit, beyond }) => [what, limit, `\`${beyond}\``])
  const secret = ['secret of a fleet', 'at least 16 bytes', '`RangeError`']
  await comparePart('limits.md', 'limits', table(['What', 'Limit', 'Beyond it'], [...rows, secret]), mayWrite)
})
