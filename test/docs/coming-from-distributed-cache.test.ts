import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { pageUrl } from './page-part.ts'

const text = readFileSync(pageUrl('coming-from-distributed-cache.md'), 'utf8')

// Of each row of the tables of symbols: what is in backticks in the column of Go.
const rows = text
  .split('\n## Symbols\n')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter(line => /^\| (?!Go )/.test(line))
const go = new Set(rows.flatMap(line => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)))

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
  expect([...names, ...wanted].filter(name => !go.has(name))).toEqual([])
})

it('every weakness that was found there has its row', () => {
  const numbers = [...text.matchAll(/^\| W(\d+) \|/gm)].map(([, number]) => Number(number))
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
})
