import { type Contender, jobNames, type ModuleContender } from './contender.ts'

type Import = ModuleContender['import']

const usual = { power: false, immutable: false, compress: false, jobs: jobNames }
const immutable = { ...usual, immutable: true }
const file = { group: 'coldsnap', import: (): ReturnType<Import> => import('./contenders/file-store.ts') } as const
const level = {
  group: 'coldsnap',
  isNative: true,
  import: (): ReturnType<Import> => import('./contenders/level-store.ts'),
} as const
const json = { group: 'files', import: (): ReturnType<Import> => import('./contenders/json-file.ts') } as const
const segmented = {
  group: 'netmaps',
  import: (): ReturnType<Import> => import('./contenders/netmap-segmented.ts'),
} as const
// A file per peer: a first store takes seconds at 10,000 peers.
const filePerPeer = { ...usual, group: 'netmaps', mostPeers: 10_000 } as const
const stores = { jobs: ['store'] } as const
const loadAndStore = { jobs: ['load', 'store'] } as const

/** The yardsticks, by durability: every ratio is to one of these in the same run. */
export const baseIds = { process: 'json', power: 'json-power' } as const

/** All contenders. To add one: a file in `contenders/` and a line here. */
export const contenders: readonly Contender[] = [
  { ...usual, ...json, id: 'json', title: 'one JSON file, rename' },
  { ...usual, ...file, id: 'file', title: 'FileStore' },
  { ...immutable, ...file, ...stores, id: 'file-immutable', title: 'FileStore, `immutable`' },
  { ...usual, ...file, id: 'file-compress', title: 'FileStore, `compress`', compress: true },
  { ...usual, ...level, id: 'level', title: 'LevelStore' },
  { ...immutable, ...level, ...stores, id: 'level-immutable', title: 'LevelStore, `immutable`' },
  {
    ...usual,
    id: 'cbor-x',
    title: 'one file, cbor-x',
    group: 'files',
    import: () => import('./contenders/cbor-x-file.ts'),
  },
  {
    ...usual,
    id: 'msgpackr',
    title: 'one file, msgpackr',
    group: 'files',
    import: () => import('./contenders/msgpackr-file.ts'),
  },
  {
    ...usual,
    id: 'v8',
    title: 'one file, `v8.serialize`',
    group: 'files',
    import: () => import('./contenders/v8-file.ts'),
  },
  {
    ...usual,
    id: 'classic-level',
    title: 'classic-level, a key per peer',
    group: 'databases',
    isNative: true,
    import: () => import('./contenders/classic-level.ts'),
  },
  {
    ...usual,
    id: 'lmdb',
    title: 'lmdb, a key per peer',
    group: 'databases',
    isNative: true,
    import: () => import('./contenders/lmdb.ts'),
  },
  {
    ...usual,
    id: 'sqlite',
    title: 'better-sqlite3, a row per peer',
    group: 'databases',
    isNative: true,
    import: () => import('./contenders/better-sqlite3.ts'),
  },
  {
    ...filePerPeer,
    ...loadAndStore,
    id: 'netmapcache-go',
    title: "Tailscale's netmapcache (Go)",
    layout: 'tailscale',
    build: async (...where) => (await import('./contenders/netmapcache-go.ts')).build(...where),
  },
  {
    ...filePerPeer,
    ...loadAndStore,
    id: 'netmap-plain',
    title: 'netmap cache, `plain`',
    layout: 'tailscale',
    import: () => import('./contenders/netmap-plain.ts'),
  },
  { ...usual, ...segmented, id: 'netmap', title: 'netmap cache' },
  { ...immutable, ...segmented, ...stores, id: 'netmap-immutable', title: 'netmap cache, `immutable`' },
  {
    ...filePerPeer,
    id: 'netmapcache',
    title: "netmapcache's method in JavaScript",
    import: () => import('./contenders/netmapcache.ts'),
  },
  { ...usual, ...json, ...stores, id: 'json-power', title: 'one JSON file, fsync, rename', power: true },
  { ...usual, ...file, ...stores, id: 'file-power', title: 'FileStore', power: true },
  { ...immutable, ...file, ...stores, id: 'file-power-immutable', title: 'FileStore, `immutable`', power: true },
  { ...immutable, ...level, ...stores, id: 'level-power-immutable', title: 'LevelStore, `immutable`', power: true },
]

/** The contender of that id; throws RangeError for none. */
export function findContender(id: string): Contender {
  const found = contenders.find(contender => contender.id === id)
  if (found === undefined)
    throw new RangeError(`No contender ${id}, known: ${contenders.map(each => each.id).join(', ')}`)
  return found
}
