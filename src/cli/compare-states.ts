import { equalDeep } from '../core/equal-deep.ts'
import type { ColumnContent, StoredState } from './stored-state.ts'
import { toTagged } from './tagged-json.ts'

/** How one column differs. */
export interface ColumnDifference {
  readonly column: string
  /** `added` and `removed`: only one of the states has it. `shape`: it is stored in another way and differs. */
  readonly change: 'added' | 'removed' | 'value' | 'elements' | 'shape'
  /** Keys, if it has elements on both sides. */
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  readonly changed?: readonly string[]
  /** Whether what both have stands in another order. */
  readonly reordered?: boolean
}

/** The columns in which `b` differs from `a`, in the order of `a`, then of what only `b` has. */
export async function compareStates(a: StoredState, b: StoredState): Promise<ColumnDifference[]> {
  const differences: ColumnDifference[] = []
  for (const column of a.columns) {
    const other = b.columns.find(({ name }) => name === column.name)
    if (other === undefined) differences.push({ column: column.name, change: 'removed' })
    else differences.push(...compareContents(column.name, await a.read(column), await b.read(other)))
  }
  for (const { name } of b.columns) {
    if (a.columns.every(column => column.name !== name)) differences.push({ column: name, change: 'added' })
  }
  return differences
}

function compareContents(column: string, a: ColumnContent, b: ColumnContent): ColumnDifference[] {
  if (a.shape === 'plain' && b.shape === 'plain') return equal(a.value, b.value) ? [] : [{ column, change: 'value' }]
  if (a.shape === 'plain' || b.shape === 'plain' || a.shape !== b.shape) return [{ column, change: 'shape' }]
  const before = new Map(a.elements)
  const after = new Map(b.elements)
  const removed = [...before.keys()].filter(key => !after.has(key))
  const added = [...after.keys()].filter(key => !before.has(key))
  const both = [...before.keys()].filter(key => after.has(key))
  const changed = both.filter(key => !equal(before.get(key), after.get(key)))
  const order = [...after.keys()].filter(key => before.has(key))
  const reordered = both.some((key, i) => order[i] !== key)
  if (added.length + removed.length + changed.length === 0 && !reordered) return []
  return [{ column, change: 'elements', added, removed, changed, reordered }]
}

// Numbers with all their digits are of a class of their own, which `equalDeep` does not know.
function equal(a: unknown, b: unknown): boolean {
  return equalDeep(toTagged(a), toTagged(b))
}
