/** For each entry point a few lines that a user would write, in an empty directory; each ends by printing what it has. */
export const entryPrograms: Readonly<Record<string, { readonly code: string; readonly prints: string }>> = {
  coldsnap: {
    code: `
      import { MemoryStore, SnapshotCache } from 'coldsnap'
      const cache = new SnapshotCache(new MemoryStore(), { columns: {} })
      await cache.store({ inbox: ['hello'] })
      console.log((await cache.load()).state.inbox[0])`,
    prints: 'hello',
  },
  'coldsnap/file': {
    code: `
      import { FileStore } from 'coldsnap/file'
      const store = await FileStore.open('files')
      await store.store('key', new Uint8Array([1, 2]))
      console.log(await store.load('key'))
      await store.close()`,
    prints: 'Uint8Array(2) [ 1, 2 ]',
  },
  'coldsnap/level': {
    code: `
      import { LevelStore } from 'coldsnap/level'
      const store = await LevelStore.open('database')
      await store.store('key', new Uint8Array([1, 2]))
      console.log((await store.load('key')).length)
      await store.close()`,
    prints: '2',
  },
  'coldsnap/opfs': {
    code: `
      import { OpfsStore } from 'coldsnap/opfs'
      console.log(await OpfsStore.open('app').catch(error => error.code))`,
    prints: 'UNAVAILABLE',
  },
  'coldsnap/netmap': {
    code: `
      import { MemoryStore } from 'coldsnap'
      import { netmapCache, parseExact } from 'coldsnap/netmap'
      console.log(await netmapCache(new MemoryStore()).load(), parseExact('12345678901234567890'))`,
    prints: 'undefined 12345678901234567890n',
  },
  'coldsnap/group': {
    code: `
      import { GroupCache } from 'coldsnap/group'
      const cache = new GroupCache()
      const group = cache.group('g', { maxBytes: 1 << 20, load: key => new TextEncoder().encode(key) })
      console.log(new TextDecoder().decode(await group.get('alice')))
      await cache.close()`,
    prints: 'alice',
  },
  'coldsnap/group/node': {
    code: `
      import { GroupNode } from 'coldsnap/group/node'
      const [a, b] = [await GroupNode.listen('127.0.0.1:0'), await GroupNode.listen('127.0.0.1:0')]
      const load = key => new TextEncoder().encode(key)
      const groups = [a, b].map(node => node.group('g', { maxBytes: 1 << 20, load }))
      for (const node of [a, b]) node.setPeers([a.address, b.address], { self: node.address })
      for (const key of ['p', 'q', 'r', 's']) for (const group of groups) await group.get(key)
      console.log(groups[0].stats().localLoads + groups[1].stats().localLoads)
      await Promise.all([a.close(), b.close()])`,
    prints: '4',
  },
  'coldsnap/blob': {
    code: `
      import { BlobCache, MemoryBlobStore } from 'coldsnap/blob'
      const cache = new BlobCache(new MemoryBlobStore(), { namespace: 'n' })
      const hit = await cache.getOrFetch('key', () => new Response('body'))
      console.log(await hit.text())`,
    prints: 'body',
  },
  'coldsnap/blob/disk': {
    code: `
      import { DiskBlobStore } from 'coldsnap/blob/disk'
      const store = await DiskBlobStore.open('blobs')
      await store.put('n', 'key', new TextEncoder().encode('body'))
      console.log((await store.get('n', 'key')).meta.size)
      await store.close()`,
    prints: '4',
  },
  'coldsnap/synced': {
    code: `
      import { MemoryRemote, SyncedCache } from 'coldsnap/synced'
      const memory = new MemoryRemote()
      const [a, b] = await Promise.all([1, 2].map(() => SyncedCache.open({ remote: memory.connect, prefix: 'p' })))
      await a.set('key', { name: 'Alice' })
      console.log((await b.get('key')).name)
      await Promise.all([a.close(), b.close()])`,
    prints: 'Alice',
  },
  'coldsnap/redis': {
    code: `
      import { RedisScript, redisPort } from 'coldsnap/redis'
      console.log(new RedisScript('return 1').sha)
      try { redisPort({}) } catch (error) { console.log(error.name) }`,
    prints: 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db\nTypeError',
  },
  'coldsnap/contract': {
    code: `
      import { MemoryStore } from 'coldsnap'
      import { storeContract } from 'coldsnap/contract'
      const cases = storeContract(() => ({ store: new MemoryStore() }))
      for (const each of cases) await each.run()
      console.log(cases.length > 10)`,
    prints: 'true',
  },
}
