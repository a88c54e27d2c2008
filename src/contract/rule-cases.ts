import { type Checks, checksOf, violation } from './assert.ts'

/** What a test runner may hand to a case: `skip` as node:test, vitest and tape have it. */
export interface CaseContext {
  /** Marks the case as left out, with the reason. */
  skip?(reason: string): unknown
}

/** One case of a contract. */
export interface RuleCase<Rule extends string> {
  /** The rule that the case proves. */
  readonly id: Rule
  /** Rule id, what is proved and, for a case that is left out, the reason. */
  readonly title: string
  /** Why the case is left out, if the options of the suite said so; `run` then does nothing but tell the context. */
  readonly skipped?: string
  /** Makes what is tested, proves the rule and releases it; rejects with an Error that says rule, found and wanted. */
  run(context?: CaseContext): Promise<void>
}

/** Options of every contract. */
export interface RuleOptions<Rule extends string> {
  /** Rules to leave out, each with a reason; they stay in the list and say so in their titles. */
  readonly skip?: Partial<Readonly<Record<Rule, string>>> | undefined
}

/** A case before it is bound to what is tested. */
export interface RuleDefinition<Rule extends string, Tools, Optional extends string = never> {
  readonly rule: Rule
  readonly title: string
  /** Without this member of what is tested the case has nothing to prove. */
  readonly needs?: Optional
  readonly prove: (tools: Tools, check: Checks, context: CaseContext) => Promise<void> | void
}

/** Makes what a case works with, calls `prove` with it, and releases it afterwards. */
export type RunCase<Rule extends string, Tools, Optional extends string = never> = (
  prove: (tools: Tools) => Promise<void>,
  definition: RuleDefinition<Rule, Tools, Optional>,
  context: CaseContext,
) => Promise<void>

/** Binds definitions to what is tested, in the order of the rules; a wrong `skip` is a TypeError. */
export function bindRules<Rule extends string, Tools, Optional extends string = never>(
  rules: Readonly<Record<Rule, string>>,
  definitions: readonly RuleDefinition<Rule, Tools, Optional>[],
  skip: RuleOptions<Rule>['skip'] = {},
  run: RunCase<Rule, Tools, Optional>,
): readonly RuleCase<Rule>[] {
  for (const [id, reason] of Object.entries(skip)) {
    if (!Object.hasOwn(rules, id)) throw new TypeError(`Option skip names ${id}, which is not a rule`)
    if (typeof reason !== 'string' || reason.trim() === '') throw new TypeError(`Option skip needs a reason for ${id}`)
  }
  const order = Object.keys(rules)
  return [...definitions]
    .sort((a, b) => order.indexOf(a.rule) - order.indexOf(b.rule))
    .map(definition => {
      const { rule, title } = definition
      const reason = skip[rule]
      if (reason === undefined) {
        return {
          id: rule,
          title: `${rule} ${title}`,
          run: (context = {}) => run(tools => proveRule(definition, tools, context), definition, context),
        }
      }
      return {
        id: rule,
        title: `${rule} ${title} (skipped: ${reason})`,
        skipped: reason,
        run: async context => void context?.skip?.(reason),
      }
    })
}

// An error of what is tested says nothing about rules.
async function proveRule<Rule extends string, Tools>(
  { rule, title, prove }: RuleDefinition<Rule, Tools, string>,
  tools: Tools,
  context: CaseContext,
): Promise<void> {
  try {
    await prove(tools, checksOf(rule), context)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(`${rule} `)) throw error
    throw violation(rule, title, String(error), 'success', { cause: error })
  }
}
