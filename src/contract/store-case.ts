import type { Store } from '../store/store.ts'
import type { Checks } from './assert.ts'
import type { CaseContext, RuleCase, RuleDefinition } from './rule-cases.ts'
import type { StoreRule } from './rules.ts'

/** A store under test and what the suite may do to it. */
export interface StoreHandle {
  /** The store, open and empty. */
  readonly store: Store
  /**
   * Releases everything, the instances that `reopen` and `crash` made included. Called once at the end of each case,
   * also when it failed. Without it the newest instance is closed.
   */
  dispose?(): Promise<void>
  /** Closes the newest instance and opens another on the same medium. Leave it out if nothing outlives an instance. */
  reopen?(): Promise<Store>
  /**
   * Abandons the newest instance *without closing it*, as if its process had died, and opens another on the same
   * medium. Leave it out where that cannot be done inside one process.
   */
  crash?(): Promise<Store>
  /**
   * Opens another store on a copy of the medium as it is at this moment, and leaves this one alone: what a process finds
   * that starts after this one was killed. Called after each operation of {@link crashCases}, never while one is under
   * way. Leave it out where the medium cannot be copied.
   */
  fork?(): Promise<StoreHandle>
  /**
   * The longest key of this store in bytes of UTF-8, 64 to 1,024; less than 1,024 only for a view that adds to each key.
   * @default 1024
   */
  readonly maxKeyBytes?: number | undefined
}

/** Opens a fresh, empty store; called once per case, and once per run of a property. */
export type OpenStore = () => StoreHandle | Promise<StoreHandle>

/** One case of the contract. */
export interface StoreCase extends RuleCase<StoreRule> {
  /**
   * Opens a store, proves the rule, disposes of the store; rejects with an Error that says rule, found and wanted.
   * If the case is about something optional that the store or handle lacks (`batch`, `reopen` ...), it checks that
   * the member is `undefined`, calls `skip(reason)` of the context if there is one, and resolves.
   */
  run(context?: CaseContext): Promise<void>
}

/** What some stores or handles have and others do not. */
export type Optional = 'loadMany' | 'batch' | 'close' | 'reopen' | 'crash'

/** What a case works with. */
export interface CaseTools {
  readonly store: Store
  readonly check: Checks
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  /** The members that the case says it needs; the others throw. */
  readonly loadMany: NonNullable<Store['loadMany']>
  readonly batch: NonNullable<Store['batch']>
  readonly close: NonNullable<Store['close']>
  readonly reopen: NonNullable<StoreHandle['reopen']>
  readonly crash: NonNullable<StoreHandle['crash']>
}

/** A case before it is bound to a store. */
export type CaseDefinition = RuleDefinition<StoreRule, CaseTools, Optional>
