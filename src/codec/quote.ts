const special = /[<>&\u2028\u2029]/g

/** `text` as a JSON string the way Go's encoding/json writes it: safe inside HTML and JavaScript. */
export function quote(text: string): string {
  return escapeHtml(JSON.stringify(text))
}

/** Escapes in JSON text what Go escapes for the sake of HTML; such characters stand only inside strings. */
export function escapeHtml(json: string): string {
  return json.replace(special, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
