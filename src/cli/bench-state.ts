/** The state that `bench` keeps: rows as an application has them, and one small column. */
export interface BenchState {
  about: { title: string; count: number }
  rows: BenchRow[]
}

interface BenchRow {
  id: string
  name: string
  email: string
  city: string
  isActive: boolean
  visits: number
  score: number
  tags: string[]
  updatedAt: string
}

const cities = ['Athens', 'Bergen', 'Cork', 'Dresden', 'Espoo', 'Faro', 'Ghent', 'Haarlem']

/** A state of `count` rows, always the same. */
export function benchState(count: number): BenchState {
  return { about: { title: 'coldsnap bench', count }, rows: Array.from({ length: count }, (_, i) => row(i)) }
}

/** The state with another value in one row in the middle, and another object for no other row. */
export function withOneChanged(state: BenchState): BenchState {
  const at = state.rows.length >> 1
  return { ...state, rows: state.rows.with(at, { ...state.rows[at]!, name: 'changed' }) }
}

// Spread by a multiplication, so that neighbours differ and nothing is random.
function row(i: number): BenchRow {
  const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0
  return {
    id: `row-${i}`,
    name: `Person ${mixed.toString(36)}`,
    email: `person.${i}@example.com`,
    city: cities[mixed % cities.length]!,
    isActive: mixed % 3 !== 0,
    visits: mixed % 10_000,
    score: (mixed % 100_000) / 1000,
    tags: [`group-${mixed % 17}`, `team-${mixed % 23}`],
    updatedAt: new Date(Date.UTC(2026, 0, 1) + (mixed % 31_536_000) * 1000).toISOString(),
  }
}
