// The package has no types; those of size-limit call it a function.
declare module '@size-limit/file' {
  const plugin: () => void
  // biome-ignore lint/style/noDefaultExport: that is what it has
  export default plugin
}
