import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { pageUrl } from './page-part.ts'

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

// Everything public, with its members: of interfaces, of instances, and static.
function publicNames(): Set<string> {
  const root = fileURLToPath(new URL('../../src/', import.meta.url))
  const entries = ['blob/index.ts', 'blob/disk/disk-blob-store.ts', 'contract/index.ts'].map(name => root + name)
  const { options } = ts.getParsedCommandLineOfConfigFile(
    `${root}../tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: diagnostic => expect.fail(String(diagnostic.messageText)) },
  )!
  const program = ts.createProgram(entries, options)
  const checker = program.getTypeChecker()
  const names = new Set<string>()
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      names.add(exported.name)
      const types = [checker.getDeclaredTypeOfSymbol(symbol), checker.getTypeOfSymbol(symbol)]
      for (const type of types) for (const { name } of type.getProperties()) names.add(`${exported.name}.${name}`)
    }
  }
  return names
}

it('every name of ours on the page exists', () => {
  const names = publicNames()
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
