// Why a file is left out: in a sentence that names the remedy, and in a word or two for counting.
// Tested in test/plugins/library/indexer.test.ts.

/** A file that is left out, with the reason as the operator shall read it. */
export class SkippedFile extends Error {
  override readonly name = 'SkippedFile'
  /** One of few, for a count such as `3 .pdf (no text)`. */
  readonly kind: string

  constructor (reason: string, kind: string) {
    super(reason)
    this.kind = kind
  }
}
