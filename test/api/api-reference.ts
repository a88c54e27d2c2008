import type ts from 'typescript'
import { declarationText } from './api-report.ts'
import type { ApiDoc, ApiMember, ApiSymbol, EntryApi } from './public-api.ts'

const kinds = [
  ['class', 'Classes'],
  ['function', 'Functions'],
  ['constant', 'Constants'],
  ['type', 'Types'],
] as const

type Link = (name: string) => string | undefined

/** The page of an entry point: what it exports, with signatures and doc comments. */
export function apiReference(entry: EntryApi, all: readonly EntryApi[]): string {
  const link = linkFrom(entry, all)
  const groups: { readonly title: string; readonly symbols: readonly ApiSymbol[] }[] = [
    ...kinds.map(([kind, title]) => ({ title, symbols: entry.exported.filter(each => each.kind === kind) })),
    { title: 'Named by these, but not exported', symbols: entry.named },
  ]
  const used = groups.filter(({ symbols }) => symbols.length > 0)
  const index = used.map(
    ({ title, symbols }) => `- ${title}: ${symbols.map(({ name }) => `[\`${name}\`](${link(name)})`).join(', ')}`,
  )
  const parts = [
    `# \`${entry.name}\``,
    'Made from the doc comments by `npm run api:accept`: change it there. All entry points: [index](index.md).',
    index.join('\n'),
    ...used.flatMap(({ title, symbols }) => [`## ${title}`, ...symbols.map(symbol => section(symbol, link))]),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The page that names all others. */
export function apiIndex(all: readonly EntryApi[]): string {
  const rows = all.map(({ name, slug, exported }) => {
    const values = exported.filter(({ kind }) => kind !== 'type').map(each => `\`${each.name}\``)
    return `| [\`${name}\`](${slug}.md) | ${values.join(', ')} |`
  })
  const header = '| Import | Exports, beside types |\n| --- | --- |'
  return `# API reference\n\nOne page per entry point, made from the doc comments by \`npm run api:accept\`.\n\n${header}\n${rows.join('\n')}\n`
}

function section(symbol: ApiSymbol, link: Link): string {
  const { name, doc, members, source } = symbol
  const heads = symbol.declarations.map(node => headOf(node, members.length > 0))
  const parts = [`### ${name}`, `\`\`\`ts\n${heads.join('\n')}\n\`\`\``, docText(doc, link)]
  if (members.length > 0) parts.push(members.map(member => memberText(member, link)).join('\n'))
  parts.push(`<sub>[${source}](../../${source})</sub>`)
  return parts.filter(part => part !== '').join('\n\n')
}

// Classes and interfaces without their members, which have a list of their own.
function headOf(node: ts.Statement, hasMembers: boolean): string {
  const text = declarationText(node).replace(/^export (?:declare )?/, '')
  return hasMembers ? text.slice(0, text.indexOf('{\n')).trimEnd() : text
}

function memberText({ name, signatures, doc }: ApiMember, link: Link): string {
  const code = signatures.map(signature => {
    const text = declarationText(signature).replaceAll(/\s+/g, ' ').replace(/;$/, '')
    return `\`${text}\``
  })
  const said = name === '[Symbol.asyncDispose]' ? { text: 'For `await using`: closes.', tags: [] } : doc
  const text = docText(said, link).replaceAll('\n', '\n  ').replaceAll(/^\s+$/gm, '')
  return `- ${code.join(', ')}${text === '' ? '' : `: ${text}`}`
}

function docText({ text, tags }: ApiDoc, link: Link): string {
  const linked = (part: string): string =>
    part.replaceAll(/\{@link\s+([\w$.]+)\s*(?:\|\s*([^}]+))?\}/g, (_, name: string, title?: string) => {
      const to = link(name.split('.')[0]!)
      const shown = title ?? `\`${name}\``
      return to === undefined ? shown : `[${shown}](${to})`
    })
  const notes = tags.map(tag => {
    if (tag.name === 'default') return `Default: ${linked(tag.text)}.`
    if (tag.name === 'param') return `\`${tag.text.split(' ')[0]}\`: ${linked(tag.text.split(' ').slice(1).join(' '))}`
    return `${tag.name}: ${linked(tag.text)}`
  })
  return [linked(text), ...notes].filter(part => part !== '').join('\n\n')
}

// To the same page if it can be had here, else to the first that exports it.
function linkFrom(entry: EntryApi, all: readonly EntryApi[]): Link {
  const pages = [entry, ...all.filter(each => each !== entry)].map(page => ({ page, anchors: anchorsOf(page) }))
  return name => {
    const found = pages.find(({ anchors }) => anchors.has(name))
    if (found === undefined) return undefined
    return `${found.page === entry ? '' : `${found.page.slug}.md`}#${found.anchors.get(name)}`
  }
}

// As GitHub makes them of headings: in lower case, the second of a kind with a number.
function anchorsOf({ exported, named }: EntryApi): Map<string, string> {
  const counts = new Map<string, number>()
  const ordered = [...kinds.flatMap(([kind]) => exported.filter(each => each.kind === kind)), ...named]
  return new Map(
    ordered.map(({ name }) => {
      const anchor = name.toLowerCase()
      const count = counts.get(anchor) ?? 0
      counts.set(anchor, count + 1)
      return [name, count === 0 ? anchor : `${anchor}-${count}`]
    }),
  )
}
