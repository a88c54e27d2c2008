import { checkOptionNames } from '../../core/check.ts'
import type { EntryCache, EntryCacheFactory } from '../../group/entry-cache.ts'
import { bindRules } from '../rule-cases.ts'
import { entryCacheCases } from './entry-cache-cases.ts'
import { type EntryCacheRule, entryCacheRules } from './entry-cache-rules.ts'
import type { PartCase, PartOptions } from './part-case.ts'

/**
 * The contract of {@link EntryCache} as data, for any test runner. A whole test file is
 *
 *     for (const { title, run } of entryCacheContract(options => new MyCache(options))) test(title, run)
 *
 * Which entries leave to make room is not part of it. A wrong option is a TypeError at once; a broken rule is an Error
 * of `run`.
 */
export function entryCacheContract(
  factory: EntryCacheFactory,
  options: PartOptions<EntryCacheRule> = {},
): readonly PartCase<EntryCacheRule>[] {
  if (typeof factory !== 'function') throw new TypeError(`factory must be a function, received ${typeof factory}`)
  checkOptionNames(options, ['skip'])
  const open = (maxBytes: number, keepExpiredMs = 0): EntryCache => factory({ maxBytes, keepExpiredMs })
  return bindRules(entryCacheRules, entryCacheCases, options.skip, prove => prove(open))
}
