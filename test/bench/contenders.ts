import { type Contender, type JobName, jobNames } from './contender.ts'

const usual = { power: false, immutable: false, compress: false, jobs: jobNames }
const storing: readonly JobName[] = ['store']
const json = (): ReturnType<Contender['import']> => import('./contenders/json-file.ts')
const file = (): ReturnType<Contender['import']> => import('./contenders/file-store.ts')
const level = (): ReturnType<Contender['import']> => import('./contenders/level-store.ts')
const netmapcache = (): ReturnType<Contender['import']> => import('./contenders/netmapcache.ts')

/** The yardsticks, by durability: every ratio is to one of these in the same run. */
export const baseIds = { process: 'json', power: 'json-power' } as const

/** All contenders. To add one: a file in `contenders/` and a line here. */
export const contenders: readonly Contender[] = [
  { ...usual, id: 'json', title: 'one JSON file, rename', import: json },
  { ...usual, id: 'netmapcache', title: 'one file per peer, encode and hash all', import: netmapcache },
  { ...usual, id: 'file', title: 'FileStore', import: file },
  { ...usual, id: 'file-immutable', title: 'FileStore, `immutable`', immutable: true, import: file },
  { ...usual, id: 'file-compress', title: 'FileStore, `compress`', compress: true, import: file },
  { ...usual, id: 'level', title: 'LevelStore', import: level },
  { ...usual, id: 'level-immutable', title: 'LevelStore, `immutable`', immutable: true, jobs: storing, import: level },
  { ...usual, id: 'json-power', title: 'one JSON file, fsync, rename', power: true, jobs: storing, import: json },
  { ...usual, id: 'file-power', title: 'FileStore', power: true, jobs: storing, import: file },
  {
    ...usual,
    id: 'file-power-immutable',
    title: 'FileStore, `immutable`',
    power: true,
    immutable: true,
    jobs: storing,
    import: file,
  },
  {
    ...usual,
    id: 'level-power-immutable',
    title: 'LevelStore, `immutable`',
    power: true,
    immutable: true,
    jobs: storing,
    import: level,
  },
]

/** The contender of that id; throws RangeError for none. */
export function findContender(id: string): Contender {
  const found = contenders.find(contender => contender.id === id)
  if (found === undefined)
    throw new RangeError(`No contender ${id}, known: ${contenders.map(each => each.id).join(', ')}`)
  return found
}
