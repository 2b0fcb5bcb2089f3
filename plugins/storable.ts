// What every storage and every client can hold: Postgres keeps neither NUL nor half a character, and refuses all that comes
// with it.
// Tested in test/plugins/library/convert-task.test.ts.

/** The text without NUL, and with a mark in place of halves of characters. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '')
