import { CacheError, isCacheError } from '../errors.ts'
import type { RedisClient } from '../redis/redis-client.ts'
import { RedisStore } from '../redis/redis-store.ts'
import { systemCode } from '../store/file-error.ts'
import type { Store } from '../store/store.ts'
import type { RedisAddress } from './redis-address.ts'

// Asked for once to learn whether the server is there and lets us in; within the prefix, where we must be let in.
const probeKey = '@coldsnap'

/** Opens the keys of a Redis as a store. Throws `UNAVAILABLE` if the server, or a package to speak to it, is not there. */
export async function openRedis(address: RedisAddress, signal: AbortSignal): Promise<Store> {
  const { prefix, label } = address
  const store = new RedisStore(await clientOf(address), { prefix })
  try {
    await store.load(probeKey, { signal })
    return store
  } catch (error) {
    await store.close()
    if (!isCacheError(error) || error.code === 'ABORTED') throw error
    const reason = error.message.replace(/^[^:]*: /, '')
    throw new CacheError(error.code, `Cannot open ${label}: ${reason}`, { cause: error })
  }
}

// None connects: the store makes connections of its own from the options.
async function clientOf(address: RedisAddress): Promise<RedisClient> {
  const { host, port, isTls, database } = address
  const username = address.username === '' ? undefined : address.username
  const password = address.password === '' ? undefined : address.password
  const user = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
  const nodeRedis = await ifInstalled(import('redis'))
  if (nodeRedis !== undefined) {
    return nodeRedis.createClient({ ...user, database, socket: isTls ? { host, port, tls: true } : { host, port } })
  }
  const ioRedis = await ifInstalled(import('ioredis'))
  if (ioRedis !== undefined) {
    return new ioRedis.Redis({ ...user, host, port, db: database, lazyConnect: true, ...(isTls ? { tls: {} } : {}) })
  }
  throw new CacheError(
    'UNAVAILABLE',
    `Cannot open ${address.label}: it takes a package, npm install redis (or ioredis)`,
  )
}

async function ifInstalled<Module>(loading: Promise<Module>): Promise<Module | undefined> {
  try {
    return await loading
  } catch (error) {
    if (systemCode(error) === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
