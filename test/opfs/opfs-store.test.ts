import { describe, expect, it } from 'vitest'
import { OpfsStore } from '../../src/opfs/opfs-store.ts'
import { FakePlace, openFake } from './fake-place.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const failing = (name: string): Error => new DOMException('injected', name)

/** A place whose calls of that kind fail while `fails` says so; `counts` has how many there were. */
function faultyPlace(): { place: FakePlace; fails: Map<string, Error>; counts: Map<string, number> } {
  const place = new FakePlace()
  const fails = new Map<string, Error>()
  const counts = new Map<string, number>()
  place.onFile = file => {
    file.onEvent = ({ type }) => {
      counts.set(type, (counts.get(type) ?? 0) + 1)
      const error = fails.get(type)
      if (error !== undefined) throw error
    }
  }
  return { place, fails, counts }
}

describe('OpfsStore', () => {
  it('shares one flush among writes that come at the same time', async () => {
    const { place, counts } = faultyPlace()
    const store = await openFake(place, { minGarbageBytes: 1_000_000 })
    const before = counts.get('flush')!
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.store(`key-${i}`, bytes(i))))
    expect(counts.get('flush')).toBe(before + 1)
    await store.store('one more', bytes(1))
    expect(counts.get('flush')).toBe(before + 2)
  })

  it('does not flush a write with durability process, but does when it is closed', async () => {
    const { place, counts } = faultyPlace()
    const store = await openFake(place, { durability: 'process' })
    const before = counts.get('flush')!
    await store.store('key', bytes(1))
    expect(counts.get('flush')).toBe(before)
    await store.close()
    expect(counts.get('flush')).toBe(before + 1)
  })

  it('is STORE_FULL where there is no room, keeps what it has, and goes on when there is', async () => {
    const { place, fails } = faultyPlace()
    const store = await openFake(place)
    await store.store('key', bytes(1))
    fails.set('write', failing('QuotaExceededError'))
    await expect(store.store('key', bytes(2))).rejects.toMatchObject({ code: 'STORE_FULL', key: 'key' })
    expect(await store.load('key')).toEqual(bytes(1))
    fails.clear()
    await store.store('key', bytes(3))
    await store.close()
    const next = await openFake(place)
    expect(await next.load('key')).toEqual(bytes(3))
  })

  it('lets one write that is too large not take others with it', async () => {
    const place = new FakePlace()
    place.onFile = file => {
      file.onEvent = event => {
        if (event.type === 'write' && event.at + event.bytes.length > 10_000) throw failing('QuotaExceededError')
      }
    }
    const store = await openFake(place)
    const results = await Promise.allSettled([
      store.store('a', bytes(1)),
      store.store('large', new Uint8Array(20_000)),
      store.store('b', bytes(2)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await store.loadMany(['a', 'large', 'b'])).toEqual([bytes(1), undefined, bytes(2)])
  })

  it('makes room by compacting when a write finds none', async () => {
    const place = new FakePlace()
    place.onFile = file => {
      file.onEvent = event => {
        if (event.type === 'write' && event.at + event.bytes.length > 10_000) throw failing('QuotaExceededError')
      }
    }
    const store = await openFake(place, { minGarbageBytes: 1_000_000 })
    for (let i = 0; i < 50; i++) await store.store('key', new Uint8Array(3_000).fill(i))
    expect(await store.load('key')).toEqual(new Uint8Array(3_000).fill(49))
  })

  it('believes no flush after one that failed: what is there is written anew to the other file', async () => {
    const { place, fails } = faultyPlace()
    const store = await openFake(place)
    await store.store('old', bytes(1))
    fails.set('flush', failing('InvalidStateError'))
    await expect(store.store('key', bytes(2))).rejects.toMatchObject({ code: 'IO' })
    await expect(store.store('key', bytes(3))).rejects.toMatchObject({ code: 'IO' })
    expect(await store.load('key')).toBeUndefined()
    fails.clear()
    const log = place.files.findIndex(file => file.content.length > 0)
    await store.store('key', bytes(4))
    expect(place.files[log]!.content).toHaveLength(0)
    expect(await store.loadMany(['old', 'key'])).toEqual([bytes(1), bytes(4)])
    await store.close()
    const next = await openFake(place)
    expect(await next.loadMany(['old', 'key'])).toEqual([bytes(1), bytes(4)])
  })

  it.each(['write', 'truncate', 'flush'])('loses nothing where any one %s fails', async type => {
    for (let nth = 1; nth < 60; nth++) {
      const place = new FakePlace()
      let seen = 0
      place.onFile = file => {
        file.onEvent = event => {
          if (event.type === type && ++seen === nth) throw failing('InvalidStateError')
        }
      }
      const wanted = new Map<string, Uint8Array>()
      let store = await openFake(place, { minGarbageBytes: 300 }).catch(async () => await openFake(place))
      for (let i = 0; i < 20; i++) {
        const key = `key-${i % 3}`
        const value = new Uint8Array(50).fill(i)
        await store.store(key, value).then(
          () => wanted.set(key, value),
          () => undefined,
        )
        if (i % 7 === 6) {
          await store.close().catch(() => undefined)
          store = await openFake(place, { minGarbageBytes: 300 }).catch(async () => await openFake(place))
        }
        expect(await store.load(key)).toEqual(wanted.get(key))
      }
    }
  })

  it('finds an empty storage after its files were removed, and goes on', async () => {
    const place = new FakePlace()
    const store = await openFake(place)
    await store.store('key', bytes(1))
    expect(store.exclusive).toBe(true)
    place.remove()
    await expect(store.store('key', bytes(2))).rejects.toMatchObject({ code: 'IO' })
    expect(store.exclusive).toBe(false)
    expect(await store.load('key')).toBeUndefined()
    await store.store('key', bytes(3))
    await store.close()
    const next = await openFake(place)
    expect(await next.load('key')).toEqual(bytes(3))
  })

  it('reads from an empty storage when the browser closed its files', async () => {
    const place = new FakePlace()
    const store = await openFake(place)
    await store.store('key', bytes(1))
    for (const file of place.files) file.close()
    place.remove()
    expect(await store.load('key')).toBeUndefined()
    expect(store.exclusive).toBe(false)
  })

  it('fails, and is not empty, when a file is closed that is there', async () => {
    const place = new FakePlace()
    const store = await openFake(place)
    await store.store('key', bytes(1))
    for (const file of place.files) file.close()
    await expect(store.load('key')).rejects.toMatchObject({ code: 'IO', key: 'key' })
  })

  it('leaves a write undone that is aborted before its turn', async () => {
    const store = await openFake(new FakePlace())
    const controller = new AbortController()
    const writing = store.store('key', bytes(1), { signal: controller.signal })
    controller.abort()
    await expect(writing).rejects.toMatchObject({ code: 'ABORTED' })
    await store.store('other', bytes(2))
    expect(await store.load('key')).toBeUndefined()
  })

  it('closes its files when it is closed, and when it cannot be opened', async () => {
    const place = new FakePlace()
    const store = await openFake(place)
    await store.close()
    expect(place.files.map(({ isOpen }) => isOpen)).toEqual([false, false])
    const broken = new FakePlace()
    broken.onFile = file => {
      file.onEvent = () => {
        throw failing('NoModificationAllowedError')
      }
    }
    await expect(openFake(broken)).rejects.toMatchObject({ code: 'LOCKED' })
    expect(broken.files.map(({ isOpen }) => isOpen)).toEqual([false, false])
  })

  it('is UNAVAILABLE on Node', async () => {
    await expect(OpfsStore.open('app')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('refuses wrong names and options', async () => {
    const open = async (name: unknown, options: unknown = {}): Promise<unknown> =>
      await OpfsStore.open(name as string, options as object)
    await expect(open(1)).rejects.toThrow(TypeError)
    await expect(open('')).rejects.toThrow(RangeError)
    await expect(open('ü'.repeat(51))).rejects.toThrow(RangeError)
    await expect(open('\ud800')).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(open('app', { durability: 'disk' })).rejects.toThrow(TypeError)
    await expect(open('app', { waitForLock: 1 })).rejects.toThrow(TypeError)
    await expect(open('app', { salvage: 'yes' })).rejects.toThrow(TypeError)
    await expect(open('app', { readOnly: true })).rejects.toThrow('Unknown option readOnly')
    await expect(open('app', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
