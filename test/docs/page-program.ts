import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import ts from 'typescript'
import { expect } from 'vitest'

/** One fenced `ts` block of a page. */
export interface Block {
  /** Line of the page on which the code begins, from 1. */
  readonly line: number
  readonly code: string
  /** What a machine must have to run it, of those that page-needs.ts knows. */
  readonly needs?: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The Markdown pages, as paths in the repository. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

/** The blocks of all pages that have some. The reference of the API has none: it shows signatures, made from the source. */
export function blocksOfPages(): Map<string, Block[]> {
  const all = pages.filter(page => !page.startsWith('docs/api/')).map(page => [page, blocksOf(root + page)] as const)
  return new Map(all.filter(([, blocks]) => blocks.length > 0))
}

/** The blocks of a page. The fence of one that is more than a program says `ts needs: <what>`; no page shows that. */
export function blocksOf(page: string): Block[] {
  return fencesOf(page)
    .filter(({ language }) => language === 'ts')
    .map(({ line, code, info }) => {
      const [, needs] = /^needs: (\S.*)$/.exec(info) ?? []
      if (info !== '' && needs === undefined) {
        throw new Error(`${page}:${line}: a ts block may say "needs: <what>", found "${info}"`)
      }
      return { line, code, ...(needs === undefined ? {} : { needs }) }
    })
}

/** The blocks of all pages that need this, each with the imports of those above it. There must be some. */
export function programsThatNeed(needs: string): { title: string; code: string; program: PageProgram }[] {
  const found = [...blocksOfPages()].flatMap(([page, blocks]) =>
    blocks.flatMap((block, i) => {
      if (block.needs !== needs) return []
      const above = blocks.slice(0, i).flatMap(({ code }) => code.split('\n').filter(line => importPattern.test(line)))
      const whole = { ...block, code: [...above, block.code].join('\n') }
      return [{ title: `${page}:${block.line}`, code: block.code, program: toProgram([whole]) }]
    }),
  )
  if (found.length === 0) throw new Error(`No block of a page needs ${needs}`)
  return found
}

/** One fenced block of a page, in whatever language. */
export interface Fence {
  readonly line: number
  readonly language: string
  /** What stands behind the language. */
  readonly info: string
  readonly code: string
}

export function fencesOf(page: string): Fence[] {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(/^```([^\s`]*)([^\n]*)\n([\s\S]*?)^```$/gm)].map(match => {
    const [, language = '', info = '', code = ''] = match
    return { line: text.slice(0, match.index).split('\n').length + 1, language, info: info.trim(), code }
  })
}

/** A page's blocks as one module. */
export interface PageProgram {
  readonly source: string
  /** Line of the page for each line of `source`; 0 for lines that the page does not have. */
  readonly lines: readonly number[]
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>
}

const importPattern = /^import (type )?(?:\{([^}]*)\}|(\* as \w+)|(\w+)) from '([^']+)'$/

/**
 * Puts blocks together as a reader reads them: each sees what the ones above it declared, and may use a name again for
 * something else. Imports go to the top; every other block opens a scope inside that of the block above it.
 */
export function toProgram(blocks: readonly Block[]): PageProgram {
  const imports = new Map<string, Set<string>>()
  const body: { text: string; line: number }[] = []
  for (const { code, line } of blocks) {
    body.push({ text: '{', line: 0 })
    for (const [i, text] of code.trimEnd().split('\n').entries()) {
      const [, type, names, namespace, byDefault, module] = importPattern.exec(text) ?? []
      // Another file of the page: what it exports is declared in a block above.
      if (module?.startsWith('./')) continue
      if (module === undefined) body.push({ text: text.replace(/^export /, ''), line: line + i })
      else {
        const set = imports.get(module) ?? new Set()
        imports.set(module, set)
        for (const name of (names ?? namespace ?? `default as ${byDefault}`).split(','))
          if (name.trim() !== '') set.add(`${type ?? ''}${name.trim()}`)
      }
    }
  }
  const top = [...imports].flatMap(([module, names]) => {
    const named = [...names].filter(name => !name.startsWith('*'))
    const namespaces = [...names].filter(name => name.startsWith('*'))
    const clauses = [...namespaces, ...(named.length > 0 ? [`{ ${named.join(', ')} }`] : [])]
    return clauses.map(clause => `import ${clause} from '${module}'`)
  })
  const source = [...top, 'export async function page(): Promise<void> {', ...body.map(({ text }) => text)]
  return {
    source: `${[...source, '}'.repeat(blocks.length), '}'].join('\n')}\n`,
    lines: [...top.map(() => 0), 0, ...body.map(({ line }) => line)],
    imports,
  }
}

/** Typechecks pages with the strict options of the tests; the errors, each with page and line. */
export function typecheck(pages: ReadonlyMap<string, PageProgram>, testDirectory: string): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    `${testDirectory}tsconfig.json`,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: diagnostic => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
      },
    },
  )!
  // A reader's example may declare what it does not use.
  const options = { ...config.options, noUnusedLocals: false, noUnusedParameters: false, skipLibCheck: true }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = file => pages.has(file) || fileExists.call(host, file)
  host.readFile = file => pages.get(file)?.source ?? readFile.call(host, file)
  host.getSourceFile = (file, ...rest) => {
    const page = pages.get(file)
    return page === undefined
      ? getSourceFile.call(host, file, ...rest)
      : ts.createSourceFile(file, page.source, ts.ScriptTarget.ES2022, true)
  }
  const program = ts.createProgram([...pages.keys()], options, host)
  const errors: string[] = []
  for (const [file, { lines }] of pages) {
    const source = program.getSourceFile(file)
    for (const { messageText, start } of ts.getPreEmitDiagnostics(program, source)) {
      const { line } = source!.getLineAndCharacterOfPosition(start ?? 0)
      errors.push(
        `${file.replace(/.*__/, '')}:${lines[line] ?? 0} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      )
    }
  }
  return errors
}

// `console.log(...) // -> what is printed`
const printed = /^(\s*)console\.log\((.*)\) \/\/ -> (.*)$/gm

/** Runs a page with the modules that it imports. What a page says that it prints, it must print. */
export async function runProgram(
  { source, imports }: PageProgram,
  modules: Readonly<Record<string, object>>,
): Promise<void> {
  const checked = source.replaceAll(
    printed,
    (_, indent, args, text) => `${indent}print([${args}], ${JSON.stringify(text)})`,
  )
  if (checked.includes('// -> ')) throw new Error('A page says `// ->` where no single line prints')
  const { outputText } = ts.transpileModule(checked, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: false },
  })
  const bindings = [...imports].flatMap(([module, names]) => {
    if (modules[module] === undefined) throw new Error(`A page imports ${module}, which its test does not provide`)
    const values = [...names].filter(name => !name.startsWith('type '))
    return values.map(value => {
      const [name, local = name] = value.split(' as ')
      const from = `modules[${JSON.stringify(module)}]`
      return `const ${local} = ${name === '*' ? from : `${from}.${name}`}`
    })
  })
  const code = outputText.replaceAll(/^import .*$/gm, '').replace('export async function page', 'async function page')
  const page: () => Promise<void> = new Function('modules', 'print', `${bindings.join('\n')}\n${code}\nreturn page`)(
    modules,
    (args: unknown[], text: string) => expect(format(...args)).toBe(text),
  )
  await page()
}
