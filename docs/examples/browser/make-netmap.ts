import type { Netmap, Peer, User } from './app/netmap.ts'

const people = ['Ada', 'Bo', 'Chidi', 'Dara', 'Elif', 'Femi', 'Grace', 'Hana', 'Ines', 'Jun', 'Kofi', 'Lena', 'Mio']
const families = ['Abe', 'Brandt', 'Costa', 'Diallo', 'Evans', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jensen', 'Kim']
const trees = ['alder', 'birch', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'maple', 'oak', 'pine', 'rowan', 'willow']
const systems = [
  ['Linux', '6.12'],
  ['macOS', '26.1'],
  ['Windows', '11 24H2'],
  ['iOS', '26.1'],
  ['Android', '16'],
] as const

// Fixed, so that a server that is started again knows the same peers.
const bornMs = Date.UTC(2026, 5, 1)

/** A network map of `count` peers, the same one whenever it is made. */
export function makeNetmap(count: number): Netmap {
  const random = numbersFrom(7)
  const below = (limit: number): number => Math.floor(random() * limit)
  const users: Record<string, User> = {}
  for (let i = 0; i < Math.ceil(count / 20); i++) {
    const [first, last] = [people[below(people.length)]!, families[below(families.length)]!]
    users[`u${i}`] = { login: `${first}.${last}${i}@example.com`.toLowerCase(), name: `${first} ${last}` }
  }
  const owners = Object.keys(users)
  const peers = Array.from({ length: count }, (_, i): Peer => {
    const [os, version] = systems[below(systems.length)]!
    const online = random() < 0.6
    const awayMs = online ? 0 : below(30 * 24 * 60) * 60_000
    return {
      id: `n${i.toString(36).padStart(4, '0')}`,
      name: `${trees[below(trees.length)]}-${i + 1}`,
      owner: owners[below(owners.length)]!,
      addresses: [`100.64.${i >> 8}.${i & 255}`, `fd7a:115c:a1e0::${i.toString(16)}`],
      key: Array.from({ length: 64 }, () => below(16).toString(16)).join(''),
      os,
      version,
      endpoints: Array.from({ length: 2 }, () => `203.0.113.${below(256)}:${1024 + below(64_000)}`),
      online,
      lastSeen: new Date(bornMs - awayMs).toISOString(),
    }
  })
  return { self: { name: 'this-browser', tailnet: 'example.com' }, users, peers }
}

/** Pseudo-random numbers below 1 (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
