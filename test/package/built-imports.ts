import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const statement = /(?:^|[;}\n])(?:import|export)\s*(?:[\w$*{},\s]*?\bfrom\s*)?["'`]([^"'`]+)["'`]/g

/** What built code imports before anyone asks for it: not what it imports by a call. */
export function staticImports(code: string): string[] {
  return [...code.matchAll(statement)].map(([, to]) => to!)
}

/** The files below `dist` that are evaluated with `entry`, and what else is: packages and modules of Node. */
export function evaluatedWith(dist: string, entry: string): { files: string[]; others: string[] } {
  const files = new Set([entry])
  const others = new Set<string>()
  for (const file of files) {
    for (const to of staticImports(readFileSync(`${dist}/${file}`, 'utf8'))) {
      if (to.startsWith('.')) files.add(posix.join(posix.dirname(file), to))
      else others.add(to)
    }
  }
  return { files: [...files], others: [...others] }
}

/** The files of `src` that went into a built file, by its source map. The bundler's own helpers have none. */
export function sourcesOf(dist: string, file: string): string[] {
  if (!existsSync(`${dist}/${file}.map`)) return []
  const { sources } = JSON.parse(readFileSync(`${dist}/${file}.map`, 'utf8')) as { sources: string[] }
  return sources.map(source => posix.join('dist', posix.dirname(file), source))
}
