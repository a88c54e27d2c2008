import type { StoreHandle } from '../../src/contract/index.ts'
import { type RedisClient, type RedisPort, RedisStore } from '../../src/redis/index.ts'
import { contents } from '../snapshot/app-state.ts'

let prefixes = 0

/** A RedisStore under a prefix of its own, and what the suites may do to it. */
export function redisHandle(client: () => RedisClient | RedisPort, tag = ''): StoreHandle {
  const prefix = `${tag}test-${++prefixes}:`
  const opened: RedisStore[] = []
  const open = (): RedisStore => {
    const store = new RedisStore(client(), { prefix })
    opened.push(store)
    return store
  }
  return {
    store: open(),
    async reopen() {
      await opened.at(-1)?.close()
      return open()
    },
    async crash() {
      return open()
    },
    async fork() {
      const copy = redisHandle(client, tag)
      for (const [key, value] of await contents(opened.at(-1)!)) await copy.store.store(key, value)
      return copy
    },
    async dispose() {
      const last = open()
      for await (const key of last.list('')) await last.remove(key)
      for (const store of opened) await store.close()
    },
  }
}
