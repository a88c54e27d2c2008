/** A drawing: parts are added in the order in which they are painted. */
export class Drawing {
  readonly #title: string
  readonly #width: number
  readonly #height: number
  readonly #parts: string[] = []

  constructor(title: string, width: number, height: number) {
    this.#title = title
    this.#width = width
    this.#height = height
  }

  /** A box with centred lines of text, the first of them bold. */
  box({ x, y, width, height }: Rectangle, kind: Kind, ...lines: readonly string[]): void {
    this.#parts.push(`<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`)
    const first = y + height / 2 - (lines.length - 1) * 8 + 4
    for (const [i, line] of lines.entries()) {
      this.text(x + width / 2, first + i * 16, line, i === 0 ? 'name middle' : 'note middle')
    }
  }

  text(x: number, y: number, text: string, classes = 'note'): void {
    this.#parts.push(`<text class="${classes}" x="${x}" y="${y}">${escaped(text)}</text>`)
  }

  /** An arrow through the points. */
  arrow(points: readonly (readonly [number, number])[], classes = 'line'): void {
    const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join(' ')
    this.#parts.push(`<path class="${classes}" d="${path}" marker-end="url(#head)"/>`)
  }

  toString(): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.#width} ${this.#height}" role="img">
<title>${escaped(this.#title)}</title>
<style>
${style}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
<rect class="ground" width="${this.#width}" height="${this.#height}"/>
${this.#parts.join('\n')}
</svg>
`
  }
}

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** How a box is painted. */
export type Kind = 'caller' | 'cache' | 'seam' | 'medium' | 'band'

// The ground is painted too, so that text is read on pages whose colours are not those of the reader's system.
const style = `.ground { fill: #ffffff }
.caller, .medium { fill: #f6f8fa; stroke: #8c959f }
.cache { fill: #ddf4ff; stroke: #0969da }
.seam { fill: #fff8c5; stroke: #9a6700 }
.band { fill: none; stroke: #8c959f; stroke-dasharray: 4 4 }
text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1f2328 }
.name { font-weight: 600 }
.note { fill: #59636e }
.key { font: 12px ui-monospace, monospace }
.middle { text-anchor: middle }
.end { text-anchor: end }
.line { fill: none; stroke: #59636e; stroke-width: 1.5 }
.dashed { stroke-dasharray: 5 4 }
.tip { fill: #59636e }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 }
  .caller, .medium { fill: #151b23; stroke: #656c76 }
  .cache { fill: #121d2f; stroke: #4493f8 }
  .seam { fill: #272115; stroke: #d29922 }
  .band { stroke: #656c76 }
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
  .line { stroke: #9198a1 }
  .tip { fill: #9198a1 }
}`

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
