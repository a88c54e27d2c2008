// Control characters, and those that only steer how others are shown: what is stored must not be able to move the
// cursor, change the title of a terminal, or make one key look like another.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** `text` on one line, with nothing in it that a terminal would act upon: such characters become `\u{...}`. */
export function safeText(text: string): string {
  return text.replaceAll(unsafe, found => `\\u{${found.codePointAt(0)!.toString(16)}}`)
}

/** The same for the text of JSON, which stays JSON of the same value; the line breaks between its parts stay. */
export function safeJson(json: string): string {
  return json.replaceAll(unsafe, found => (found === '\n' ? found : unitsOf(found)))
}

function unitsOf(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  )
}
