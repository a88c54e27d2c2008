// Never run: tsc checks it with the tests. What must not compile says so, and fails to compile if it does.
import * as v from 'valibot'
import { entries, keyed, MemoryStore, plain, SnapshotCache } from '../../src/index.ts'
import type { AppState, Peer, User } from './app-state.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function holds<_ extends true>(): void {}

const store = new MemoryStore()

export async function typesOfLoads(cache: SnapshotCache<AppState>): Promise<void> {
  const whole = (await cache.load())!
  holds<Same<typeof whole.state, AppState>>()
  holds<Same<typeof whole.cached, true>>()
  const part = (await cache.load({ columns: ['self', 'dns'] }))!
  holds<Same<typeof part.state, Pick<AppState, 'self' | 'dns'>>>()
  // @ts-expect-error peers was not asked for
  part.state.peers
  // @ts-expect-error there is no such column
  await cache.load({ columns: ['nope'] })
  // @ts-expect-error a part is not a state
  await cache.store(part.state)
  const started = await cache.start(async signal => {
    holds<Same<typeof signal, AbortSignal>>()
    return whole.state
  })
  holds<Same<typeof started.state, AppState>>()
  // @ts-expect-error the fetch gives a state
  await cache.start(async () => 7)
}

export async function typesOfWrites(cache: SnapshotCache<AppState>, peer: Peer, user: User): Promise<void> {
  await cache.update({ dns: ['a'], peers: null })
  await cache.patch('peers', { set: [peer], remove: ['n1', 2] })
  await cache.patch('users', { set: { a: user }, remove: ['b'] })
  await cache.patch('routes', { set: new Map([['a', 1]]), remove: ['b'] })
  // @ts-expect-error another type of column
  await cache.update({ dns: 'a' })
  // @ts-expect-error there is no such column
  await cache.update({ nope: 1 })
  // @ts-expect-error there is no such column
  await cache.patch('nope', {})
  // @ts-expect-error another type of element
  await cache.patch('peers', { set: [user] })
  // @ts-expect-error another type of entry
  await cache.patch('users', { set: { a: peer } })
  // @ts-expect-error another type of value
  await cache.patch('routes', { set: new Map([['a', 'b']]) })
  // @ts-expect-error another type of option
  await cache.patch('peers', { add: [peer] })
}

export async function typesOfViews(cache: SnapshotCache<AppState>): Promise<void> {
  const view = (await cache.view())!
  const dns = await view.get('dns')
  holds<Same<typeof dns, string[] | undefined>>()
  const peer = await view.element('peers', 'n1')
  holds<Same<typeof peer, Peer | undefined>>()
  const user = await view.element('users', 'u1')
  holds<Same<typeof user, User | undefined>>()
  const route = await view.element('routes', 'a')
  holds<Same<typeof route, number | undefined>>()
  const keys = await view.keys('peers')
  holds<Same<typeof keys, string[]>>()
  // @ts-expect-error there is no such column
  await view.get('nope')
}

export function typesOfOptions(): void {
  new SnapshotCache<AppState>(store, {
    columns: { peers: keyed('id'), users: entries(), routes: entries<number>(), self: plain() },
  })
  new SnapshotCache<AppState>(store, { columns: { peers: keyed((peer: Peer) => peer.name) } })
  // @ts-expect-error a peer has no such field
  new SnapshotCache<AppState>(store, { columns: { peers: keyed<Peer>('nope') } })
  // @ts-expect-error a boolean is no key
  new SnapshotCache<AppState>(store, { columns: { peers: keyed<Peer>('online') } })
  // @ts-expect-error a text is no list
  new SnapshotCache<AppState>(store, { columns: { self: keyed<Peer>('id') } })
  // @ts-expect-error there is no such column
  new SnapshotCache<AppState>(store, { columns: { nope: plain() } })
  // @ts-expect-error there is no such option
  new SnapshotCache<AppState>(store, { column: {} })
  new SnapshotCache<AppState>(store, { schemas: { dns: v.array(v.string()) } })
  // @ts-expect-error the schema gives numbers
  new SnapshotCache<AppState>(store, { schemas: { dns: v.array(v.number()) } })
  new SnapshotCache<AppState>(store, {
    schemaVersion: 2,
    migrate: (state: AppState, from) => (from === 1 ? state : state),
  })
  // @ts-expect-error migrate gives a state
  new SnapshotCache<AppState>(store, { schemaVersion: 2, migrate: () => ({ dns: [] }) })
}
