import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect } from 'vitest'

/** What the entries of `src` export, with its members: of interfaces, of instances, and static. */
export function publicNames(...doors: readonly string[]): Set<string> {
  const root = fileURLToPath(new URL('../../src/', import.meta.url))
  const entries = doors.map(name => root + name)
  const { options } = ts.getParsedCommandLineOfConfigFile(
    `${root}../tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: diagnostic => expect.fail(String(diagnostic.messageText)) },
  )!
  const program = ts.createProgram(entries, options)
  const checker = program.getTypeChecker()
  const names = new Set<string>()
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      names.add(exported.name)
      const types = [checker.getDeclaredTypeOfSymbol(symbol), checker.getTypeOfSymbol(symbol)]
      for (const type of types) for (const { name } of type.getProperties()) names.add(`${exported.name}.${name}`)
    }
  }
  return names
}
