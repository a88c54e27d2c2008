import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { pageUrl } from './page-part.ts'
import { publicNames } from './public-names.ts'

const pages = [
  {
    page: 'coming-from-netmapcache.md',
    doors: ['netmap/index.ts', 'index.ts', 'store/file-store.ts'],
    go: `NewCache Cache Cache.Store Cache.UpdateSelfOnly Cache.UpdatePeers Cache.Load Store Store.List Store.Load
      Store.Store Store.Remove FileStore ErrKeyNotFound ErrCacheNotAvailable`,
  },
  {
    page: 'coming-from-tilegroxy.md',
    doors: ['group/index.ts', 'group/node/index.ts'],
    go: `NewCache Config.Name .CacheSize .ItemExpiration Config.ListenAddress .PeerList BackFillFunc Add Names Exists Get
      GetContext Set SetContext SetToExpireAt Remove RemoveContext SetPeers Stats SetDebugOut Close NilBackfillError
      ItemNotFoundError CacheNotFoundError NameRequiredError`,
  },
]

describe.each(pages)('docs/$page', ({ page, doors, go }) => {
  const text = readFileSync(pageUrl(page), 'utf8')
  const section = text.split('\n## Symbols\n')[1]!.split('\n## ')[0]!
  const rows = section
    .split('\n')
    .filter(line => /^\| (?!Go |---)/.test(line))
    .map(line => line.split('|').slice(1, 4))
  const namesIn = (cell: string): string[] =>
    [...cell.matchAll(/`(?:new )?([^`(]+)(?:\([^`]*)?`/g)].map(([, name]) => name!)

  it('has every symbol of the Go package, and says what became of it', () => {
    const named = new Set(rows.flatMap(([cell]) => namesIn(cell!)))
    expect(go.split(/\s+/).filter(name => !named.has(name))).toEqual([])
    expect(rows.filter(([, ours, note]) => ours!.trim() === '-' && note!.trim() === '')).toEqual([])
  })

  it('names nothing of ours that does not exist', () => {
    const names = publicNames(...doors)
    const ours = rows.flatMap(([, cell]) => namesIn(cell!))
    expect(ours.length).toBeGreaterThan(10)
    expect(ours.filter(name => !names.has(name) && !Object.hasOwn(errorCodes, name))).toEqual([])
  })

  it('numbers its differences, each with two sides', () => {
    const differences = text.split('\n').filter(line => /^\| W\d+ \|/.test(line))
    expect(differences.length).toBeGreaterThan(9)
    for (const [i, line] of differences.entries()) {
      const [, number, theirs, here] = line.split('|').map(cell => cell.trim())
      expect([number, theirs !== '', here !== '']).toEqual([`W${i + 1}`, true, true])
    }
  })
})
