// The part of the Standard Schema interface that is used here (standardschema.dev, version 1), which the specification
// allows to be copied so that no dependency is needed.

/** A schema of any library that implements Standard Schema: zod, valibot, arktype and others. */
export interface StandardSchema<out Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

/** What a validation gives: the value, perhaps changed, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong with a value, and where in it. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The first issue of a failed validation, with its path: `[3].name: Invalid type`. */
export function describeIssue(issues: readonly SchemaIssue[]): string {
  const [issue] = issues
  if (issue === undefined) return 'no issue was given'
  const steps = (issue.path ?? []).map(step => String(typeof step === 'object' ? step.key : step))
  return steps.length === 0 ? issue.message : `${steps.join('.')}: ${issue.message}`
}
