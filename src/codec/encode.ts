import { utf8Encode } from '../bytes/utf8.ts'
import { CborEncoder } from './cbor-encode.ts'
import { type CodecName, codecIds, type Encoded } from './codec.ts'
import { findJsonProblem, type JsonProblem } from './json-exact.ts'
import type { PageContent } from './page-content.ts'
import { encodePage } from './page-encode.ts'
import { maxPageElements } from './page-format.ts'
import { unsupported } from './value-path.ts'

/**
 * Encodes one value. Throws `UNSUPPORTED_VALUE` if the codec would not give it back exactly; the message has the path of
 * the part in question, starting with `path`.
 */
export function encodeValue(value: unknown, codec: CodecName, path: string): Encoded {
  if (useJson(codec, path, () => findJsonProblem(value))) return { codec: codecIds.json, bytes: jsonEncode(value) }
  const encoder = new CborEncoder(path)
  encoder.value(value)
  return { codec: codecIds.cbor, bytes: encoder.finish() }
}

/** Encoded elements; of a page also what they were, where that is known. */
export interface EncodedElements extends Encoded {
  readonly content?: PageContent | undefined
}

/**
 * Encodes many values as one; their order is kept. `pages` takes whatever the other codecs take, up to 65,536 values; their
 * array then belongs to the content. Throws like {@link encodeValue}, with paths like `path[3]`.
 */
export function encodeElements(values: readonly unknown[], codec: CodecName | 'pages', path: string): EncodedElements {
  if (codec === 'pages' && values.length <= maxPageElements) {
    return { codec: codecIds.pages, ...encodePage(values, path) }
  }
  if (useJson(codec, path, () => findJsonProblemOfElements(values))) {
    return { codec: codecIds.json, bytes: jsonEncode(values) }
  }
  const encoder = new CborEncoder(path)
  encoder.elements(values)
  return { codec: codecIds.cbor, bytes: encoder.finish() }
}

// Whether to write JSON; throws if the caller insists on JSON and it is not exact.
function useJson(codec: CodecName | 'pages', path: string, find: () => JsonProblem | undefined): boolean {
  if (codec === 'cbor') return false
  const problem = find()
  if (problem !== undefined && codec === 'json') throw unsupported('JSON', path, problem.steps, problem.found)
  return problem === undefined
}

function findJsonProblemOfElements(values: readonly unknown[]): JsonProblem | undefined {
  for (let i = 0; i < values.length; i++) {
    const problem = findJsonProblem(values[i])
    if (problem !== undefined) return { steps: [i, ...problem.steps], found: problem.found }
  }
  return undefined
}

// A lone surrogate leaves JSON.stringify as an escape, so the text is always well-formed.
function jsonEncode(value: unknown): Uint8Array {
  return utf8Encode(JSON.stringify(value))
}
