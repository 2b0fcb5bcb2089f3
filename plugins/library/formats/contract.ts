// The formats whose text has to be extracted. Each file of this room knows one kind of format: it takes bytes or characters
// and returns text and title, or the reason why there is none. It opens no file and has no state, and runs in a worker only
// (`../convert-task.ts`).

/** `skipped` is the reason why the file is left out, for the operator to read; `kind` the same, for counting. */
export type Converted = { text: string; title?: string | undefined } | { skipped: string; kind: string }

export const BROKEN = { skipped: 'it is broken, or not what its name says', kind: 'broken' } as const
export const EMPTY = { skipped: 'it holds no text', kind: 'no text' } as const
export const LOCKED = { skipped: 'it is protected by a password', kind: 'password' } as const
