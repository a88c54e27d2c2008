import type { Durability } from '../../src/store/durability.ts'
import { FileMedium, type SystemLayer } from './file-medium.ts'
import type { Config } from './life-state.ts'
import type { Medium } from './medium.ts'
import { type StoreKind, StoreMedium } from './model-store.ts'
import type { Random } from './random.ts'
import type { Step } from './steps.ts'

/** Where a life is kept: files, or a kind of store. */
export type MediumKind = { readonly files: Durability } | StoreKind

/** A workload: what processes do to one cache, one after the other. */
export interface Life {
  readonly title: string
  readonly medium: MediumKind
  /** The configuration of its first process, and its steps. */
  readonly begin: (random: Random) => { readonly config: Config; readonly steps: readonly Step[] }
}

/** An empty medium; `layer` is put between files and disk. */
export function makeMedium(kind: MediumKind, random: Random, layer?: SystemLayer): Medium {
  return 'files' in kind ? new FileMedium(kind.files, random, undefined, layer) : new StoreMedium(kind, random)
}
