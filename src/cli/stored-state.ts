import type { Shape } from '../snapshot/columns.ts'

/** One column of a state, before it is read. */
export interface StoredColumn {
  readonly name: string
  readonly shape: Shape
  /** How many elements it has; 1 for a plain one. */
  readonly count: number
  /** Size of all that it is stored in. */
  readonly bytes: number
  readonly pieces: number
}

/** What a column holds: one value, or elements with a key each, in their order. */
export type ColumnContent =
  | { readonly shape: 'plain'; readonly value: unknown }
  | {
      readonly shape: 'array' | 'object' | 'map'
      readonly elements: readonly (readonly [key: string, value: unknown])[]
    }

/** One state that is stored, as all commands see it: a generation of a cache, or the map in a Tailscale directory. */
export interface StoredState {
  readonly cache: string
  /** `undefined`, as the next two, where nothing says so. */
  readonly generation: number | undefined
  readonly savedAtMs: number | undefined
  readonly schemaVersion: number | undefined
  readonly columns: readonly StoredColumn[]
  /** Reads a column and checks its bytes. Throws `CORRUPT`, `DECRYPT_FAILED` or `FORMAT_NEWER`. */
  read(column: StoredColumn): Promise<ColumnContent>
  /** What was wrong with newer ones that were passed over, and with what was left out. */
  readonly problems: readonly StoredProblem[]
}

/** One thing that is wrong with what is stored. */
export interface StoredProblem {
  readonly code: string
  readonly message: string
  readonly key?: string | undefined
}

/** The value of a column as the application would have it. */
export function columnValue(content: ColumnContent): unknown {
  if (content.shape === 'plain') return content.value
  if (content.shape === 'array') return content.elements.map(([, value]) => value)
  return content.shape === 'map' ? new Map(content.elements) : Object.fromEntries(content.elements)
}
