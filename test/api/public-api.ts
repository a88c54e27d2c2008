import ts from 'typescript'
import { declarationPath, declarationsOf, type EntryPoint, entryPoints, sourceOfDeclaration } from './declarations.ts'

/** What an entry point exports under one name, or what such an export names without that anyone can import it. */
export interface ApiSymbol {
  readonly name: string
  readonly kind: 'class' | 'function' | 'constant' | 'type'
  /** The source of its first declaration, from the top of the repository. */
  readonly source: string
  readonly doc: ApiDoc
  /** Top-level nodes, as they can be printed. */
  readonly declarations: readonly ts.Statement[]
  /** Of classes and interfaces; those of one name together, as overloads are. */
  readonly members: readonly ApiMember[]
}

export interface ApiMember {
  readonly name: string
  readonly signatures: readonly (ts.ClassElement | ts.TypeElement)[]
  readonly doc: ApiDoc
}

export interface ApiDoc {
  /** Markdown, but for its `{@link}`s. Empty where there is no comment. */
  readonly text: string
  readonly tags: readonly { readonly name: string; readonly text: string }[]
}

export interface EntryApi extends EntryPoint {
  /** In the order of their names. */
  readonly exported: readonly ApiSymbol[]
  /** What only the signatures of {@link EntryApi.exported} name, of this package. */
  readonly named: readonly ApiSymbol[]
}

/** The public types of the package, entry by entry. */
export function publicApi(): EntryApi[] {
  const entries = entryPoints()
  const program = declarationsOf(entries)
  const checker = program.getTypeChecker()
  const exportsOf = ({ name, source }: EntryPoint): Map<string, ts.Symbol> => {
    const file = program.getSourceFile(declarationPath(source))
    const module = file === undefined ? undefined : checker.getSymbolAtLocation(file)
    if (module === undefined) throw new Error(`${name} has no declarations`)
    return new Map(checker.getExportsOfModule(module).map(each => [each.name, target(checker, each)]))
  }
  const everything = new Set(entries.flatMap(entry => [...exportsOf(entry).values()]))
  return entries.map(entry => {
    const exported = exportsOf(entry)
    const named = namedBy(checker, exported.values(), everything)
    return {
      ...entry,
      exported: byName([...exported].map(([name, symbol]) => describe(checker, name, symbol))),
      named: byName([...named].map(symbol => describe(checker, symbol.name, symbol))),
    }
  })
}

function target(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** What of our declarations `from` reaches beside `exported`, not counting what only we can give. */
function namedBy(checker: ts.TypeChecker, from: Iterable<ts.Symbol>, exported: ReadonlySet<ts.Symbol>): Set<ts.Symbol> {
  const reached = new Set<ts.Symbol>()
  const visit = (node: ts.Node): void => {
    if (ts.isConstructorDeclaration(node) || isInternal(node)) return
    const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined
    if (symbol !== undefined) {
      const found = target(checker, symbol)
      if (!exported.has(found) && !reached.has(found) && statementsOf(found).length > 0) {
        reached.add(found)
        for (const statement of statementsOf(found)) visit(statement)
      }
    }
    ts.forEachChild(node, visit)
  }
  for (const symbol of from) for (const statement of statementsOf(symbol)) visit(statement)
  return reached
}

/** The top-level statements of this package that declare a symbol. */
function statementsOf(symbol: ts.Symbol): ts.Statement[] {
  return (symbol.declarations ?? []).flatMap(node => {
    const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node
    const isOurs = sourceOfDeclaration(node) !== undefined
    return isOurs && ts.isStatement(statement) && ts.isSourceFile(statement.parent) ? [statement] : []
  })
}

function describe(checker: ts.TypeChecker, name: string, symbol: ts.Symbol): ApiSymbol {
  const declarations = statementsOf(symbol)
  const source = declarations[0] && sourceOfDeclaration(declarations[0])
  if (source === undefined) throw new Error(`${name} is declared elsewhere`)
  const kind = kindOf(symbol)
  return { name, kind, source, doc: docOf(checker, symbol), declarations, members: membersOf(checker, declarations) }
}

function kindOf({ flags }: ts.Symbol): ApiSymbol['kind'] {
  if (flags & ts.SymbolFlags.Class) return 'class'
  if (flags & ts.SymbolFlags.Function) return 'function'
  return flags & ts.SymbolFlags.Variable ? 'constant' : 'type'
}

function membersOf(checker: ts.TypeChecker, declarations: readonly ts.Statement[]): ApiMember[] {
  const members = new Map<string, { signatures: (ts.ClassElement | ts.TypeElement)[]; doc: ApiDoc }>()
  for (const node of declarations) {
    if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) continue
    for (const member of node.members) {
      if (isHidden(member)) continue
      const symbol = member.name && checker.getSymbolAtLocation(member.name)
      const isStatic = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0
      const name = `${isStatic ? 'static ' : ''}${member.name?.getText() ?? 'constructor'}`
      const known = members.get(name)
      if (known !== undefined) known.signatures.push(member)
      else members.set(name, { signatures: [member], doc: symbol ? docOf(checker, symbol) : ownDoc(member) })
    }
  }
  return [...members].map(([name, member]) => ({ name, ...member }))
}

function isHidden(member: ts.ClassElement | ts.TypeElement): boolean {
  if (isInternal(member)) return true
  if (member.name !== undefined && ts.isPrivateIdentifier(member.name)) return true
  return (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0
}

// What is there for our tests says so.
function isInternal(node: ts.Node): boolean {
  return ts.isTypeElement(node) && ownDoc(node).text.startsWith('Internal')
}

// A member of a class that has no comment has that of the interface which the class implements.
function docOf(checker: ts.TypeChecker, symbol: ts.Symbol): ApiDoc {
  return {
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    tags: symbol.getJsDocTags(checker).map(({ name, text }) => ({ name, text: ts.displayPartsToString(text) })),
  }
}

// Constructors and call signatures have no symbol.
function ownDoc(node: ts.Node): ApiDoc {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  return { text: comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join('\n'), tags: [] }
}

function byName(symbols: readonly ApiSymbol[]): ApiSymbol[] {
  return [...symbols].sort((a, b) => (a.name < b.name ? -1 : 1))
}
