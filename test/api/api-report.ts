import ts from 'typescript'
import type { ApiSymbol, EntryApi } from './public-api.ts'

const printer = ts.createPrinter({ removeComments: true })

/** Every public type of an entry point, without comments: what a user can hold on to. */
export function apiReport({ name, exported, named }: EntryApi): string {
  const parts = [
    `# Public types of \`${name}\``,
    'Made from the declarations. A change fails the tests until `npm run api:accept` has written it here.',
    block(exported),
  ]
  if (named.length > 0) parts.push('Named by these, but not exported:', block(named))
  return `${parts.join('\n\n')}\n`
}

/** A declaration without comments and without what is private. */
export function declarationText(node: ts.Node): string {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
  return text.replaceAll(/^\s*(?:private [^;\n]*|#private);\n/gm, '')
}

function block(symbols: readonly ApiSymbol[]): string {
  const texts = symbols.flatMap(({ name, declarations }) => {
    const found = declarations.map(declarationText)
    // Exported under another name than it has at home.
    return found.some(text => new RegExp(`\\b${name}\\b`).test(text)) ? found : [`// As ${name}:`, ...found]
  })
  return `\`\`\`ts\n${texts.join('\n\n')}\n\`\`\``
}
