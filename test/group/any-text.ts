import fc from 'fast-check'

// fast-check's own unit for every code point takes seconds to set up.
const units = ['a', 'b', 'Z', '7', '-', '_', '.', '~', '/', '%', '+', ' ', '?', '#', '&', '<', '>', '"', '\\', "'", ':']
const more = [
  '\0',
  '\n',
  '\u007f',
  '\u0080',
  'é',
  '\u07ff',
  '\u0800',
  '日',
  '\u2028',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\uffff',
]

/** Text of every length of UTF-8, with what paths and JSON escape; no lone surrogates. */
export function anyText(
  limits: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...units, ...more, '\u{10000}', '🦔', '\u{10ffff}'), ...limits })
}
