import { utf8DecodeIfValid } from '../bytes/utf8.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { GuardedRedis } from '../redis/guarded-redis.ts'
import { redisPort } from '../redis/port-of-client.ts'
import type { RedisClient } from '../redis/redis-client.ts'
import { RedisStore } from '../redis/redis-store.ts'
import { systemCode } from '../store/file-error.ts'
import type { Store } from '../store/store.ts'
import { wrongUsage } from './cli-failure.ts'
import type { RedisAddress } from './redis-address.ts'

// Asked for once to learn whether the server is there and lets us in; within the prefix, where we must be let in.
const probeKey = '@coldsnap'
const questionMs = 5000

/**
 * Opens the keys of a Redis as a store. Throws `UNAVAILABLE` if the server, or a package to speak to it, is not there;
 * wrong usage if what was named as a server is a node of a cluster, which knows a part of the keys.
 */
export async function openRedis(address: RedisAddress, signal: AbortSignal): Promise<Store> {
  const { prefix, label, isCluster } = address
  const client = await clientOf(address)
  const store = new RedisStore(client, { prefix })
  try {
    await store.load(probeKey, { signal })
    if (!isCluster && (await isClusterNode(client, signal))) return oneOfCluster(label)
    return store
  } catch (error) {
    await store.close()
    if (isMoved(error)) return oneOfCluster(label)
    if (!isCacheError(error) || error.code === 'ABORTED') throw error
    const reason = error.message.replace(/^[^:]*: /, '')
    throw new CacheError(error.code, `Cannot open ${label}: ${reason}`, { cause: error })
  }
}

// A node of a cluster answers for its own keys alone. Who may not ask finds that out when it refuses another key.
async function isClusterNode(client: RedisClient, signal: AbortSignal): Promise<boolean> {
  await using redis = new GuardedRedis(redisPort(client), { timeoutMs: questionMs })
  const answer = await redis.command({ args: ['INFO', 'cluster'] }, { signal }).catch(() => undefined)
  return answer instanceof Uint8Array && utf8DecodeIfValid(answer)?.includes('cluster_enabled:1') === true
}

function oneOfCluster(label: string): never {
  return wrongUsage(`${label} is a node of a cluster: say redis+cluster://, or rediss+cluster:// for TLS`)
}

function isMoved(error: unknown): boolean {
  return error instanceof Error && (/^MOVED /.test(error.message) || isMoved(error.cause))
}

// None connects: the store makes connections of its own from the options.
async function clientOf(address: RedisAddress): Promise<RedisClient> {
  const nodeRedis = await ifInstalled(import('redis'))
  if (nodeRedis !== undefined) return nodeRedisClient(nodeRedis, address)
  const ioRedis = await ifInstalled(import('ioredis'))
  if (ioRedis !== undefined) return ioRedisClient(ioRedis, address)
  throw new CacheError(
    'UNAVAILABLE',
    `Cannot open ${address.label}: it takes a package, npm install redis (or ioredis)`,
  )
}

/** A client of node-redis that points to `address`. */
export function nodeRedisClient(
  { createClient, createCluster }: Pick<typeof import('redis'), 'createClient' | 'createCluster'>,
  address: RedisAddress,
): RedisClient {
  const { servers, isCluster, isTls, database } = address
  const user = userOf(address)
  if (!isCluster) {
    const [server] = servers
    return createClient({ ...user, database, socket: isTls ? { ...server, tls: true } : server })
  }
  const rootNodes = servers.map(server => ({ socket: server }))
  return createCluster({ rootNodes, defaults: isTls ? { ...user, socket: { tls: true } } : user })
}

/** A client of ioredis that points to `address`. */
export function ioRedisClient(
  { Redis, Cluster }: Pick<typeof import('ioredis'), 'Redis' | 'Cluster'>,
  address: RedisAddress,
): RedisClient {
  const { servers, isCluster, isTls, database } = address
  const redisOptions = { ...userOf(address), ...(isTls ? { tls: {} } : {}) }
  if (!isCluster) return new Redis({ ...redisOptions, ...servers[0], db: database, lazyConnect: true })
  return new Cluster([...servers], {
    redisOptions,
    lazyConnect: true,
    // A certificate is for a name, not for what it stands for today.
    ...(isTls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  })
}

function userOf({ username, password }: RedisAddress): { readonly username?: string; readonly password?: string } {
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) }
}

async function ifInstalled<Module>(loading: Promise<Module>): Promise<Module | undefined> {
  try {
    return await loading
  } catch (error) {
    if (systemCode(error) === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
