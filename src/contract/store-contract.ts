import { checkOptionNames } from '../core/check.ts'
import { maxKeyBytes as keyLimit } from '../store/store.ts'
import { checksOf } from './assert.ts'
import { concurrencyCases } from './cases/concurrency-cases.ts'
import { durabilityCases } from './cases/durability-cases.ts'
import { keyCases } from './cases/key-cases.ts'
import { lifeCases } from './cases/life-cases.ts'
import { listCases } from './cases/list-cases.ts'
import { manyCases } from './cases/many-cases.ts'
import { refusalCases } from './cases/refusal-cases.ts'
import { valueCases } from './cases/value-cases.ts'
import { verbCases } from './cases/verb-cases.ts'
import { bindRules, type RuleOptions } from './rule-cases.ts'
import { type StoreRule, storeRules } from './rules.ts'
import type { CaseDefinition, CaseTools, OpenStore, Optional, StoreCase, StoreHandle } from './store-case.ts'
import { withHandle } from './with-handle.ts'

/** Options of {@link storeContract}. */
export interface StoreContractOptions extends RuleOptions<StoreRule> {
  /**
   * Size of the largest value that is stored, in bytes. Lower it only where the medium has a smaller limit.
   * @default 67_108_864
   */
  readonly maxValueBytes?: number | undefined
}

const definitions: readonly CaseDefinition[] = [
  ...verbCases,
  ...listCases,
  ...valueCases,
  ...keyCases,
  ...refusalCases,
  ...concurrencyCases,
  ...lifeCases,
  ...manyCases,
  ...durabilityCases,
]

/**
 * The contract of {@link Store} as data: cases in the order of the rules, for any test runner. A whole test file is
 *
 *     for (const { title, run } of storeContract(() => ({ store: new MyStore() }))) test(title, run)
 *
 * A wrong option is a TypeError or RangeError at once; a broken rule is an Error of `run`.
 */
export function storeContract(open: OpenStore, options: StoreContractOptions = {}): readonly StoreCase[] {
  if (typeof open !== 'function') throw new TypeError(`open must be a function, received ${typeof open}`)
  checkOptionNames(options, ['skip', 'maxValueBytes'])
  const { skip, maxValueBytes = 64 * 1024 * 1024 } = options
  checkRange('maxValueBytes', maxValueBytes, 1, Number.MAX_SAFE_INTEGER)
  return bindRules(storeRules, definitions, skip, (prove, { rule, needs }, context) =>
    withHandle(open, async handle => {
      const tools = toolsOf(rule, handle, maxValueBytes)
      if (needs === undefined || offers(tools, handle, needs)) await prove(tools)
      else context.skip?.(`${ownerOf(needs)} has no ${needs}()`)
    }),
  )
}

function toolsOf(rule: StoreRule, handle: StoreHandle, maxValueBytes: number): CaseTools {
  const { store, maxKeyBytes = keyLimit } = handle
  checkRange('maxKeyBytes', maxKeyBytes, 64, keyLimit)
  const missing = (name: Optional) => (): never => {
    throw new Error(`Case of ${rule} calls ${name}() but does not say that it needs it`)
  }
  return {
    store,
    check: checksOf(rule),
    maxKeyBytes,
    maxValueBytes,
    loadMany: store.loadMany?.bind(store) ?? missing('loadMany'),
    batch: store.batch?.bind(store) ?? missing('batch'),
    close: store.close?.bind(store) ?? missing('close'),
    reopen: handle.reopen?.bind(handle) ?? missing('reopen'),
    crash: handle.crash?.bind(handle) ?? missing('crash'),
  }
}

// A capability is a function or it is undefined: callers ask with `!== undefined`, so null would be called.
function offers({ check, store }: CaseTools, handle: StoreHandle, name: Optional): boolean {
  const member: unknown = name === 'reopen' || name === 'crash' ? handle[name] : store[name]
  if (typeof member !== 'function') check.same(`${ownerOf(name)}.${name}, which is not a function`, member, undefined)
  return member !== undefined
}

function ownerOf(name: Optional): string {
  return name === 'reopen' || name === 'crash' ? 'handle' : 'store'
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, received ${typeof value}`)
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, received ${value}`)
  }
}
