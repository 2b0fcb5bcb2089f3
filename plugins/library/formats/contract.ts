// The formats whose text has to be worked out. Each file of this room knows one kind of them, takes bytes or characters
// and returns text and title, or why there is none; it opens no file and keeps nothing. What is packed, or could be
// hostile, is called in a worker only (`../convert-task.ts`).

/** `skipped` is the reason why the file cannot serve, as the operator shall read it; `kind` the same for counting. */
export type Converted = { text: string; title?: string | undefined } | { skipped: string; kind: string }

export const BROKEN = { skipped: 'it is broken, or not what its name says', kind: 'broken' } as const
export const EMPTY = { skipped: 'it holds no text', kind: 'no text' } as const
export const LOCKED = { skipped: 'it is protected by a password', kind: 'password' } as const
