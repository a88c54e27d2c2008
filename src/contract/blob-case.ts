import type { BlobStore } from '../blob/blob-store.ts'
import type { Checks } from './assert.ts'
import type { BlobRule } from './blob-rules.ts'
import type { CaseContext, RuleCase, RuleDefinition } from './rule-cases.ts'

/** A blob store under test and what the suite may do to it. */
export interface BlobHandle {
  /** The store, open and empty. */
  readonly store: BlobStore
  /**
   * Releases everything, the instances that the members below made included. Called once at the end of each case, also when
   * it failed. Without it the store is closed.
   */
  dispose?(): Promise<void>
  /** Closes the newest instance and opens another on the same medium. Leave it out if nothing outlives an instance. */
  reopen?(): Promise<BlobStore>
  /** Abandons the newest instance *without closing it*, as if its process had died, and opens another. */
  crash?(): Promise<BlobStore>
  /** Opens a further instance on the same medium beside the others. Leave it out where there can be only one. */
  another?(): Promise<BlobStore>
  /** Damages the stored body or header of a blob. Leave it out where the suite cannot get at the medium. */
  damage?(namespace: string, key: string): Promise<void>
  /** How many files, keys or the like the medium holds. Leave it out where nobody can tell. */
  pieces?(): Promise<number>
}

/** Opens a fresh, empty blob store; called once per case. */
export type OpenBlobStore = () => BlobHandle | Promise<BlobHandle>

/** One case of the contract. */
export interface BlobCase extends RuleCase<BlobRule> {
  /**
   * Opens a store, proves the rule, disposes of the store; rejects with an Error that says rule, found and wanted. If the
   * store or handle lacks something optional that the case is about, it calls `skip(reason)` of the context if there is
   * one, and resolves.
   */
  run(context?: CaseContext): Promise<void>
}

/** What some stores or handles have and others do not. */
export type BlobOptional =
  | 'head'
  | 'keys'
  | 'touch'
  | 'sweep'
  | 'lease'
  | 'describe'
  | 'check'
  | 'close'
  | 'reopen'
  | 'crash'
  | 'another'
  | 'damage'
  | 'pieces'

/** What a case works with. */
export interface BlobTools {
  /** As it was opened; optional members that the case says it needs are there. */
  readonly store: BlobStore
  readonly handle: BlobHandle
  readonly check: Checks
  readonly maxBodyBytes: number
}

/** A case before it is bound to a store. */
export type BlobCaseDefinition = RuleDefinition<BlobRule, BlobTools, BlobOptional>
