import { describe, expect, it } from 'vitest'
import {
  ExactNumber,
  type Netmap,
  netmapCache,
  PlainNetmapCache,
  parseExact,
  stringifyExact,
} from '../../src/netmap/index.ts'
import { derivedFields, elementFields, selfFields } from '../../src/netmap/netmap-columns.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { cases, readJson } from './fixtures.ts'

describe('netmapCache', () => {
  it('opens the plain layout', async () => {
    const cache = netmapCache(new MemoryStore(), { layout: 'plain', onReport: () => {} })
    expect(cache).toBeInstanceOf(PlainNetmapCache)
    expect(await cache.load()).toBeUndefined()
  })

  it('refuses options it does not know', () => {
    const store = new MemoryStore()
    expect(() => netmapCache(store, { layout: 'flat' as 'plain' })).toThrow(TypeError)
    expect(() => netmapCache(store, { layout: 'plain', maxAge: 1 } as never)).toThrow(TypeError)
    expect(() => netmapCache(store, { layout: 'plain', onReport: 'log' as never })).toThrow(TypeError)
  })

  it('comes with its exact JSON', () => {
    expect(stringifyExact(parseExact('{"a":[12345678901234567890,1e400]}'))).toBe('{"a":[12345678901234567890,1e400]}')
    expect(parseExact('1e400')).toBeInstanceOf(ExactNumber)
  })
})

it.each(cases)('the field lists cover the state of %s, each field once', async name => {
  const fields: string[] = [...selfFields, ...elementFields, ...derivedFields]
  expect(fields.sort()).toEqual(Object.keys(await readJson<Netmap>(name, 'loaded.json')).sort())
})
