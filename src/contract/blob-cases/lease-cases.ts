import type { BlobLease } from '../../blob/blob-store.ts'
import type { BlobCaseDefinition, BlobTools } from '../blob-case.ts'
import { ns, textAt, turn, within } from '../blob-samples.ts'
import { bytesOf } from '../samples.ts'

const reason = new Error('Enough')

/** Leases, where a store has them. */
export const leaseCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B36',
    title: 'one at a time has the lease of a key, and everybody gets it',
    needs: 'lease',
    async prove({ store, check }) {
      let holders = 0
      let most = 0
      const work = async (): Promise<void> => {
        const lease = await take(store, 'key')
        most = Math.max(most, ++holders)
        for (let i = 0; i < 3; i++) await turn()
        holders--
        await lease.release()
      }
      await within('8 leases', Promise.all(Array.from({ length: 8 }, work)))
      check.same('holders at the same time', most, 1)
    },
  },
  {
    rule: 'B36',
    title: 'a lease keeps nobody from other keys, other namespaces and other calls',
    needs: 'lease',
    async prove({ store, check }) {
      const lease = await take(store, 'key')
      const others = [await take(store, 'other'), await within('lease()', store.lease!('other', 'key'))]
      await within('put()', store.put(ns, 'key', bytesOf('new')))
      check.same('get()', await textAt(store, 'key'), 'new')
      check.same('delete()', await within('delete()', store.delete(ns, 'key')), true)
      for (const each of [lease, ...others]) await each.release()
    },
  },
  {
    rule: 'B36',
    title: 'a wait ends by TIMEOUT or ABORTED, and then takes nothing',
    needs: 'lease',
    async prove({ store, check }) {
      const lease = await take(store, 'key')
      for (const waitMs of [0, 5]) {
        const call = (): Promise<unknown> => within('lease()', store.lease!(ns, 'key', { waitMs }))
        await check.rejects(`lease() that waits for ${waitMs} ms`, call, 'TIMEOUT')
      }
      const controller = new AbortController()
      const waiting = store.lease!(ns, 'key', { signal: controller.signal })
      // It is looked at below, but may fail before.
      waiting.catch(() => undefined)
      await turn()
      controller.abort(reason)
      const error = await check.rejects('lease() that is aborted', () => within('lease()', waiting), 'ABORTED')
      check.same('cause', error.cause, reason)
      await lease.release()
      await (await take(store, 'key')).release()
    },
  },
  {
    rule: 'B36',
    title: 'a lease that is given back twice is given back once',
    needs: 'lease',
    async prove({ store, check }) {
      const first = await take(store, 'key')
      await first.release()
      const second = await take(store, 'key')
      await first.release()
      const call = (): Promise<unknown> => within('lease()', store.lease!(ns, 'key', { waitMs: 5 }))
      await check.rejects('lease() of what another holds', call, 'TIMEOUT')
      await second.release()
    },
  },
  {
    rule: 'B36',
    title: 'a wrong waitMs is a TypeError or RangeError',
    needs: 'lease',
    async prove({ store, check }) {
      const wrongs: readonly [unknown, 'TypeError' | 'RangeError'][] = [
        ['1', 'TypeError'],
        [-1, 'RangeError'],
        [Number.NaN, 'RangeError'],
      ]
      for (const [waitMs, error] of wrongs) {
        const call = (): Promise<unknown> => store.lease!(ns, 'key', { waitMs: waitMs as number })
        await check.rejects(`lease() with waitMs ${String(waitMs)}`, call, error)
      }
      await (await take(store, 'key')).release()
    },
  },
  {
    rule: 'B36',
    title: 'instances on one medium share leases, and closing one gives its own back',
    needs: 'another',
    async prove({ store, handle, check }) {
      if (store.lease === undefined || store.close === undefined) return
      const other = await handle.another!()
      await take(store, 'key')
      const call = (): Promise<unknown> => within('lease()', other.lease!(ns, 'key', { waitMs: 5 }))
      await check.rejects('lease() of the other instance', call, 'TIMEOUT')
      const waiting = take(other, 'key')
      await store.close()
      await (await waiting).release()
    },
  },
]

async function take(store: BlobTools['store'], key: string): Promise<BlobLease> {
  return await within('lease()', store.lease!(ns, key))
}
