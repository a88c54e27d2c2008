interface Platform {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

/**
 * A module of Node by its `node:` name where the platform has it (Node, Bun, Deno), else `undefined`. Files that also
 * run in browsers use this in place of an import. `Module` is what the caller needs of it.
 */
export function builtinModule<Module>(id: `node:${string}`): Module | undefined {
  return (globalThis as Platform).process?.getBuiltinModule?.(id) as Module | undefined
}
