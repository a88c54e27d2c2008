import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { pageUrl } from './page-part.ts'
import { publicNames } from './public-names.ts'

const text = readFileSync(pageUrl('coming-from-distributed-cache.md'), 'utf8')

// Of each row of the tables of symbols: what is in backticks in the column of Go, and in ours.
const rows = text
  .split('\n## Symbols\n')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter(line => /^\| (?!Go )/.test(line))
  .map(line => line.split('|').slice(1, 3).map(namesIn) as [string[], string[]])

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}

it('every name of ours on the page exists', () => {
  const names = publicNames('synced/index.ts', 'redis/index.ts', 'contract/index.ts')
  expect(names).toContain('SyncedCache.open')
  expect(names).not.toContain('SyncedCache.opens')
  const ours = rows.flatMap(([, list]) => list)
  expect(ours.length).toBeGreaterThan(40)
  expect(ours.filter(name => !names.has(name) && !Object.hasOwn(errorCodes, name))).toEqual([])
})

it('every option and method that the text names exists', () => {
  const names = publicNames('synced/index.ts')
  const [, prose = ''] = text.split('\n## What is different, and why\n')
  const named = [...prose.matchAll(/`([a-z]\w+)(?:: [^`]*)?`/g)].map(([, name]) => name!)
  const known = new Set([...names].map(name => name.split('.').at(-1)!))
  expect(named.length).toBeGreaterThan(20)
  expect([...new Set(named)].filter(name => !known.has(name) && !others.has(name))).toEqual([])
})

// What is no name of ours: values, and words of the languages and of Go's package.
const others = new Set(['bigint', 'null', 'nil', 'default'])

it('every symbol of the Go package is on the page', () => {
  const members = {
    SyncedCache: ['Get', 'Set', 'SetWithInvalidate', 'Delete', 'Clear', 'Close', 'Stats'],
    Options: [
      ...['Validate', 'PodID', 'LocalCacheConfig', 'LocalCacheFactory', 'RedisAddr', 'RedisPassword', 'RedisDB'],
      ...['InvalidationChannel', 'SerializationFormat', 'Marshaller', 'Logger', 'DebugMode', 'ContextTimeout'],
      ...['EnableMetrics', 'OnError', 'ReaderCanSetToRedis', 'OnSetLocalCache'],
    ],
    Stats: ['LocalHits', 'LocalMisses', 'RemoteHits', 'RemoteMisses', 'LocalSize', 'RemoteSize', 'Invalidations'],
  }
  const names =
    `New Config DefaultConfig DefaultLocalCacheConfig Cache Stats Logger Marshaller LocalCache LocalCacheMetrics
    LocalCacheFactory LocalCacheConfig InvalidationEvent Version VersionInfo GetVersionInfo ErrNotFound ErrCacheClosed
    ErrInvalidConfig ErrSerializationFailed ErrDeserializationFailed ErrRedisConnection ErrPubSubFailed Options DefaultOptions
    SyncedCache NewError Store Synchronizer JSONMarshaller NewJSONMarshaller ConsoleLogger NewConsoleLogger NoOpLogger
    NewNoOpLogger LRUCache NewLRUCache LRUCacheFactory NewLRUCacheFactory LFUCache NewLFUCache LFUCacheFactory
    NewLFUCacheFactory Action ActionSet ActionInvalidate ActionDelete ActionClear RedisStore NewRedisStore Serializer
    GetSerializer JSONSerializer NewJSONSerializer PubSubSynchronizer NewPubSubSynchronizer`.split(/\s+/)
  const wanted = Object.entries(members).flatMap(([type, list]) => list.map(name => `${type}.${name}`))
  const go = new Set(rows.flatMap(([list]) => list))
  expect([...names, ...wanted].filter(name => !go.has(name))).toEqual([])
})

it('every weakness that was found there has its row', () => {
  const numbers = [...text.matchAll(/^\| W(\d+) \|/gm)].map(([, number]) => Number(number))
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
})
