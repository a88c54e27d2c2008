import { describe, findArrayProblem, findObjectProblem, isAccessor, isPlainObject, tooDeep } from './inspect.ts'
import { maxDepth } from './limits.ts'
import type { Step } from './value-path.ts'

/** Why JSON does not keep a value: where, and what is there. */
export interface JsonProblem {
  readonly steps: Step[]
  readonly found: string
}

/** The first thing inside `value` that `JSON.parse(JSON.stringify(value))` would change, or undefined if it is exact. */
export function findJsonProblem(value: unknown): JsonProblem | undefined {
  const steps: Step[] = []
  const found = walk(value, 0, steps)
  return found === undefined ? undefined : { steps, found }
}

// `steps` holds the way to the current value; a deeper entry that is left over from a sibling is cut at the first problem.
function walk(value: unknown, depth: number, steps: Step[]): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return undefined
      break
    case 'object':
      if (value === null) return undefined
      if (depth >= maxDepth) {
        steps.length = depth
        return tooDeep
      }
      if (Array.isArray(value)) return walkArray(value, depth, steps)
      if (isPlainObject(value)) return walkObject(value, depth, steps)
      break
  }
  steps.length = depth
  return describe(value)
}

function walkArray(array: readonly unknown[], depth: number, steps: Step[]): string | undefined {
  const problem = findArrayProblem(array)
  if (problem !== undefined) {
    steps.length = depth
    return problem
  }
  for (let i = 0; i < array.length; i++) {
    steps[depth] = i
    const found = walk(array[i], depth + 1, steps)
    if (found !== undefined) return found
  }
  return undefined
}

function walkObject(object: Record<string, unknown>, depth: number, steps: Step[]): string | undefined {
  const keys = Object.keys(object)
  const problem = findObjectProblem(object, keys)
  if (problem !== undefined) {
    steps.length = depth
    return problem
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    steps[depth] = key
    if (isAccessor(object, key)) {
      steps.length = depth + 1
      return 'an accessor'
    }
    const found = walk(object[key], depth + 1, steps)
    if (found !== undefined) return found
  }
  return undefined
}
