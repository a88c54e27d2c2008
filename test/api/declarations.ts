import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** A door of the package, as `package.json` names it. */
export interface EntryPoint {
  /** What one imports: `coldsnap/blob`. */
  readonly name: string
  /** What its files are called here: `blob`, `group-node`; `coldsnap` for the first. */
  readonly slug: string
  /** Its source, from the top of the repository. */
  readonly source: string
}

const root = fileURLToPath(new URL('../../', import.meta.url)).replaceAll('\\', '/')

/** All doors that have types, in the order of `package.json`. */
export function entryPoints(): EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Readonly<Record<string, string | { readonly types: string }>>
  }
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return []
    const name = posix.join('coldsnap', path)
    const slug = name.replace(/^coldsnap\//, '').replaceAll('/', '-')
    return [{ name, slug, source: sourceOf(target.types.slice('./'.length)) }]
  })
}

/**
 * The declarations that the build writes into `dist`, made in memory, so that they are never those of an older build:
 * with `isolatedDeclarations` they follow from each source alone.
 */
export function declarationsOf(entries: readonly EntryPoint[]): ts.Program {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => raise(String(messageText)) },
  )!
  const isOurs = (path: string): boolean => path.startsWith(`${root}dist/`)
  const text = (path: string): string | undefined => {
    if (!isOurs(path)) return ts.sys.readFile(path)
    const fileName = root + sourceOf(path.slice(root.length))
    const source = path.endsWith('.d.ts') ? ts.sys.readFile(fileName) : undefined
    if (source === undefined) return undefined
    const { outputText } = ts.transpileDeclaration(source, { compilerOptions: options, fileName })
    // Unlike tsc, it declares this method a second time, as a property.
    return outputText.replaceAll(/^ +\[Symbol\.asyncDispose\]: \(\) => Promise<void>;\n/gm, '')
  }
  const host = ts.createCompilerHost(options)
  host.readFile = text
  host.fileExists = path =>
    isOurs(path)
      ? path.endsWith('.d.ts') && ts.sys.fileExists(root + sourceOf(path.slice(root.length)))
      : ts.sys.fileExists(path)
  host.directoryExists = path => isOurs(`${path}/`) || ts.sys.directoryExists(path)
  host.getSourceFile = (path, language) => {
    const found = text(path)
    return found === undefined ? undefined : ts.createSourceFile(path, found, language, true)
  }
  return ts.createProgram(
    entries.map(({ source }) => declarationPath(source)),
    options,
    host,
  )
}

/** Where the declarations of a source are in the program. */
export function declarationPath(source: string): string {
  return root + source.replace(/^src\//, 'dist/').replace(/\.ts$/, '.d.ts')
}

/** The source of a declaration, from the top of the repository; `undefined` if it is not ours. */
export function sourceOfDeclaration(node: ts.Node): string | undefined {
  const { fileName } = node.getSourceFile()
  return fileName.startsWith(`${root}dist/`) ? sourceOf(fileName.slice(root.length)) : undefined
}

function sourceOf(built: string): string {
  return built.replace(/^dist\//, 'src/').replace(/\.d\.ts$/, '.ts')
}

function raise(message: string): never {
  throw new Error(message)
}
