import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { pageUrl } from './page-part.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const entries = ['index.ts', 'group/index.ts', 'group/node/index.ts', 'contract/index.ts'].map(
  file => `${root}src/${file}`,
)

/** What users can import: each name with the names of its members. */
function publicNames(): Map<string, ReadonlySet<string>> {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram(entries, { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const names = new Map<string, ReadonlySet<string>>()
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)
    for (const each of checker.getExportsOfModule(module!)) {
      const symbol = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each
      const own = [...(symbol.members?.keys() ?? []), ...(symbol.exports?.keys() ?? [])].map(String)
      const inherited = checker
        .getDeclaredTypeOfSymbol(symbol)
        .getProperties()
        .map(({ name }) => name)
      names.set(each.name, new Set([...own, ...inherited]))
    }
  }
  return names
}

/** The rows of the tables with these columns. */
function rows(columns: string): string[][] {
  const text = readFileSync(pageUrl('coming-from-groupcache.md'), 'utf8')
  const found: string[][] = []
  let isWanted = false
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) isWanted = false
    else if (line === columns) isWanted = true
    else if (isWanted && !line.startsWith('| ---')) {
      found.push(
        line
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim()),
      )
    }
  }
  return found
}

const codeOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)

it('every symbol of ours on docs/coming-from-groupcache.md exists', () => {
  const names = publicNames()
  const exists = (code: string): boolean => {
    const [, name = '', member] = /^(?:new )?(\w+)(?:\.(\w+))?(?:\(.*\))?$/.exec(code) ?? []
    if (name in errorCodes) return true
    return names.has(name) && (member === undefined || names.get(name)!.has(member))
  }
  const ours = rows('| Go | Here | Note |').flatMap(([, here]) => codeOf(here!))
  expect(ours.length).toBeGreaterThan(60)
  expect(ours.filter(code => !exists(code))).toEqual([])
  expect(exists('Group.forget')).toBe(false)
  expect(exists('Grope')).toBe(false)
})

it('every row says what takes the place of a symbol, or why nothing does; every difference has two sides', () => {
  const bare = rows('| Go | Here | Note |').filter(([go, here, note]) => !go || !here || (here === '-' && !note))
  expect(bare).toEqual([])
  const differences = rows('| Go | Here | Why |')
  expect(differences.length).toBeGreaterThan(20)
  expect(differences.filter(([go, here]) => !go || !here)).toEqual([])
})

// The public symbols of groupcache-go v3.5.0, so that none is forgotten on the page.
const go = `New Options Options.HashFn Options.Replicas Options.Logger Options.Transport Options.CacheFactory
  Options.MetricProvider Instance.SetPeers Instance.PickPeer Instance.NewGroup Instance.GetGroup Instance.RemoveGroup
  ListenAndServe Daemon Daemon.Start Daemon.Shutdown Daemon.NewGroup Daemon.GetGroup Daemon.RemoveGroup Daemon.SetPeers
  Daemon.GetInstance Daemon.ListenAddress Daemon.MustClient Group Group.Set Group.Get Group.Remove Group.RemoveKeys
  Group.UsedBytes Group.Name Group.GroupStats Getter GetterFunc Cache CacheType MainCache HotCache CacheStats GroupStats
  AtomicInt MultiError ErrRemoteCall Logger MeterProvider NewMeterProvider WithMeterProvider Transport
  GroupCacheInstance DefaultBasePath HttpTransportOptions NewHttpTransport HttpTransport.ServeHTTP HttpClient ErrNotFound
  Sink StringSink ByteViewSink ProtoSink AllocatingByteSliceSink TruncatingByteSliceSink SetSinkView ByteView
  ByteViewFrom ByteViewWithExpire Tracer NewTracer WithTraceProvider WithTracerAttributes NewMockTransport MockTransport
  MockClient Info HashFn DefaultReplicas Client NoOpClient NewPicker Picker.Add Picker.Get Picker.PickPeer Picker.GetAll
  Picker.IsEmpty transport/pb contrib.NewOtterCache OtterCache cluster.Start cluster.StartWith cluster.Restart
  cluster.Shutdown cluster.ListPeers cluster.ListDaemons cluster.DaemonAt cluster.PeerAt cluster.FindOwningDaemon`.split(
  /\s+/,
)

it('every symbol of Go is on docs/coming-from-groupcache.md', () => {
  const theirs = new Set(rows('| Go | Here | Note |').flatMap(([cell]) => codeOf(cell!)))
  const calls = new Set([...theirs].map(code => code.replace(/\(.*/, '')))
  expect(go.filter(symbol => !calls.has(symbol))).toEqual([])
})
