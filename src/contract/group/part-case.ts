import type { RuleCase, RuleOptions } from '../rule-cases.ts'

/** One case of the contract of a part of the group cache. */
export type PartCase<Rule extends string> = RuleCase<Rule>

/** Options of every suite of a part. */
export type PartOptions<Rule extends string> = RuleOptions<Rule>
