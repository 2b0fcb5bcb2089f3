// What every fixture of the conformance suite is made of.
import { z } from 'zod'

/** One red dot. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64'
)
/** No sound at all: a header alone. */
export const WAV = Buffer.from('UklGRiYAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQIAAAAAAA==', 'base64')

export const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
export const nothing = z.object({})
export const about = (name: string) => ({
  name,
  title: name,
  description: `Fixture of the conformance suite: ${name}.`,
  scopes: ['mcp:read' as const]
})
