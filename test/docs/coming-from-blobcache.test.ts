import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { pageUrl } from './page-part.ts'
import { publicNames } from './public-names.ts'

const text = readFileSync(pageUrl('coming-from-blobcache.md'), 'utf8')

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
  const names = publicNames('blob/index.ts', 'blob/disk/disk-blob-store.ts', 'contract/index.ts')
  expect(names).toContain('BlobCache.put')
  expect(names).not.toContain('BlobCache.puts')
  const ours = rows.flatMap(([, list]) => list)
  expect(ours.length).toBeGreaterThan(45)
  expect(ours.filter(name => !names.has(name) && !Object.hasOwn(errorCodes, name))).toEqual([])
})

it('every symbol of the Go package is on the page', () => {
  const go = new Set(rows.flatMap(([list]) => list))
  const wanted = {
    Store: ['Get', 'Put', 'Open', 'PutStream', 'Delete', 'DeleteNamespace', 'List'],
    PutOptions: ['ContentType', 'ExpiresAt', 'Metadata'],
    Meta: ['Size', 'UpdatedAt', 'ExpiresAt', 'ETag', 'ContentType', 'Metadata'],
    Object: ['Key', 'Meta'],
    Entry: ['Key', 'Meta', 'Age', 'ExpiresIn'],
    Info: ['Backend', 'Root', 'SupportsList', 'SupportsStream', 'SupportsDeleteNamespace'],
    Inspector: ['BlobStoreRootDir'],
    Describer: ['DescribeBlobStore'],
    HealthChecker: ['CheckBlobStore'],
    Policy: ['TTL', 'Clock'],
    Clock: ['Now'],
    Cache: ['Get', 'Put', 'Delete', 'DeleteNamespace', 'List', 'TTL', 'Dir', 'CleanExpired'],
  }
  const functions = ['New', 'NewWithPolicy', 'Describe', 'Check', 'ErrStoreNotConfigured', 'ErrEntryNotFound']
  const members = Object.entries(wanted).flatMap(([type, names]) => names.map(name => `${type}.${name}`))
  expect([...functions, ...members].filter(name => !go.has(name))).toEqual([])
})

it('every weakness that was found there has its row', () => {
  expect([...text.matchAll(/^\| W(\d+) \|/gm)].map(([, number]) => Number(number))).toEqual(
    Array.from({ length: 17 }, (_, i) => i + 1),
  )
})
