import { CacheError } from '../errors.ts'

/** One step from a value to a value inside it: a property, an index, or (for maps and sets) ready text. */
export type Step = string | number | { readonly text: string }

const identifier = /^[A-Za-z_$][\w$]*$/

/** `prefix` and the steps below it as one reads them in code: `peers[3].socket`, `["a b"]`. */
export function formatPath(prefix: string, steps: readonly Step[]): string {
  let path = prefix
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`
    else if (typeof step === 'object') path += step.text
    else if (!identifier.test(step)) path += `[${JSON.stringify(step)}]`
    else path += path === '' ? step : `.${step}`
  }
  return path === '' ? 'the value' : path
}

/** The step to the value of a `Map` entry. */
export function mapValueStep(key: unknown, index: number): Step {
  const simple = typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean'
  return { text: simple ? `.get(${JSON.stringify(key)})` : `<value ${index}>` }
}

/** The step to the key of a `Map` entry. */
export function mapKeyStep(index: number): Step {
  return { text: `<key ${index}>` }
}

/** The step to an item of a `Set`. */
export function setItemStep(index: number): Step {
  return { text: `<item ${index}>` }
}

/** The error for a value that a codec does not keep exactly. */
export function unsupported(codec: string, prefix: string, steps: readonly Step[], found: string): CacheError {
  return new CacheError(
    'UNSUPPORTED_VALUE',
    `Cannot keep ${formatPath(prefix, steps)} exactly as ${codec}: found ${found}`,
  )
}
