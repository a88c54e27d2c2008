import { type Checks, checksOf, violation } from '../assert.ts'
import type { CaseContext } from '../store-case.ts'

/** One case of the contract of a part of the group cache. */
export interface PartCase<Rule extends string> {
  /** The rule that the case proves. */
  readonly id: Rule
  /** Rule id, what is proved and, for a case that is left out, the reason. */
  readonly title: string
  /** Why the case is left out, if the options of the suite said so; `run` then does nothing but tell the context. */
  readonly skipped?: string
  /** Makes the part, proves the rule and releases the part; rejects with an Error that says rule, found and wanted. */
  run(context?: CaseContext): Promise<void>
}

/** Options of every suite of a part. */
export interface PartOptions<Rule extends string> {
  /** Rules to leave out, each with a reason; they stay in the list and say so in their titles. */
  readonly skip?: Partial<Readonly<Record<Rule, string>>> | undefined
}

/** A case before it is bound to a part. */
export interface PartCaseDefinition<Rule extends string, Tools> {
  readonly rule: Rule
  readonly title: string
  readonly prove: (tools: Tools, check: Checks, context: CaseContext) => Promise<void> | void
}

/** Runs `use` with what a case works with, and releases that afterwards. */
export type WithTools<Tools> = (use: (tools: Tools) => Promise<void>) => Promise<void>

/** Binds definitions to a part, in the order of the rules. */
export function bindCases<Rule extends string, Tools>(
  rules: Readonly<Record<Rule, string>>,
  definitions: readonly PartCaseDefinition<Rule, Tools>[],
  withTools: WithTools<Tools>,
  skip: PartOptions<Rule>['skip'] = {},
): readonly PartCase<Rule>[] {
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
        const run = (context: CaseContext = {}): Promise<void> =>
          withTools(tools => proveCase(definition, tools, context))
        return { id: rule, title: `${rule} ${title}`, run }
      }
      return {
        id: rule,
        title: `${rule} ${title} (skipped: ${reason})`,
        skipped: reason,
        run: async context => void context?.skip?.(reason),
      }
    })
}

/** Throws unless `options` has only names of `known`. */
export function checkNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`Unknown option ${name}; the options are ${known.join(', ')}`)
  }
}

// An error of the part itself says nothing about rules.
async function proveCase<Rule extends string, Tools>(
  { rule, title, prove }: PartCaseDefinition<Rule, Tools>,
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
