// All that only a write needs. It is imported when the first write comes: a start-up reads, and waits for less code.

import { byContent, byIdentity } from './detector.ts'
import type { OpenedHead } from './head-seal.ts'
import type { Source } from './read-pieces.ts'
import type { ResolvedOptions } from './snapshot-options.ts'
import { SnapshotWriter, type WriteRules } from './snapshot-writer.ts'

export { patchColumn } from './patch-column.ts'
export { storeState } from './store-state.ts'
export { updateColumns } from './update-columns.ts'

/** The writer of a cache. */
export function createWriter(
  source: Source,
  options: ResolvedOptions,
  pinned: ReadonlySet<OpenedHead>,
): { writer: SnapshotWriter; rules: WriteRules } {
  const rules = { ...options, detector: options.immutable ? byIdentity : byContent }
  return { writer: new SnapshotWriter(source, rules, pinned), rules }
}
