import { checkOptionNames } from '../core/check.ts'
import { checksOf } from './assert.ts'
import type { BlobCase, BlobCaseDefinition, BlobHandle, BlobOptional, OpenBlobStore } from './blob-case.ts'
import { abortCases } from './blob-cases/abort-cases.ts'
import { conditionCases } from './blob-cases/condition-cases.ts'
import { listingCases } from './blob-cases/listing-cases.ts'
import { mediumCases } from './blob-cases/medium-cases.ts'
import { nameCases } from './blob-cases/name-cases.ts'
import { raceCases } from './blob-cases/race-cases.ts'
import { replaceCases } from './blob-cases/replace-cases.ts'
import { roundTripCases } from './blob-cases/round-trip-cases.ts'
import { streamCases } from './blob-cases/stream-cases.ts'
import { usageCases } from './blob-cases/usage-cases.ts'
import { type BlobRule, blobRules } from './blob-rules.ts'
import { bindRules, type RuleOptions } from './rule-cases.ts'
import { withHandle } from './with-handle.ts'

/** Options of {@link blobContract}. */
export interface BlobContractOptions extends RuleOptions<BlobRule> {
  /**
   * Size of the largest body that is put, in bytes.
   * @default 8_388_608
   */
  readonly maxBodyBytes?: number | undefined
}

const definitions: readonly BlobCaseDefinition[] = [
  ...roundTripCases,
  ...replaceCases,
  ...listingCases,
  ...streamCases,
  ...nameCases,
  ...raceCases,
  ...mediumCases,
  ...abortCases,
  ...conditionCases,
  ...usageCases,
]

/**
 * The contract of {@link BlobStore} as data: cases in the order of the rules, for any test runner. A whole test file is
 *
 *     for (const { title, run } of blobContract(() => ({ store: new MyBlobStore() }))) test(title, run)
 *
 * A wrong option is a TypeError or RangeError at once; a broken rule is an Error of `run`.
 */
export function blobContract(open: OpenBlobStore, options: BlobContractOptions = {}): readonly BlobCase[] {
  if (typeof open !== 'function') throw new TypeError(`open must be a function, received ${typeof open}`)
  checkOptionNames(options, ['skip', 'maxBodyBytes'])
  const { skip, maxBodyBytes = 8 * 1024 * 1024 } = options
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new RangeError(`maxBodyBytes must be an integer of at least 1, received ${maxBodyBytes}`)
  }
  return bindRules(blobRules, definitions, skip, async (prove, { rule, needs }, context) => {
    let lacking: BlobOptional | undefined
    await withHandle(open, async handle => {
      if (needs === undefined || offers(handle, needs)) {
        await prove({ store: handle.store, handle, check: checksOf(rule), maxBodyBytes })
      } else lacking = needs
    })
    if (lacking !== undefined) context.skip?.(`there is no ${lacking}()`)
  })
}

const ofHandle = ['reopen', 'crash', 'another', 'damage', 'pieces'] as const

// A capability is a function or it is undefined: callers ask with `!== undefined`, so null would be called.
function offers(handle: BlobHandle, name: BlobOptional): boolean {
  const member: unknown = isOfHandle(name) ? handle[name] : handle.store[name]
  if (member !== undefined && typeof member !== 'function') throw new TypeError(`${name} is not a function`)
  return member !== undefined
}

function isOfHandle(name: BlobOptional): name is (typeof ofHandle)[number] {
  return ofHandle.some(each => each === name)
}
