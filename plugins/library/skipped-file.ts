// Why a file is left out: in a sentence that names the remedy, and in a word or two for counting.
// Tested in test/plugins/library/indexer.test.ts.

/** A file that is left out, with the reason for the operator. */
export class SkippedFile extends Error {
  override readonly name = 'SkippedFile'
  /** The reason in a word or two, for a count such as `3 .pdf (no text)`. */
  readonly kind: string

  constructor (reason: string, kind: string) {
    super(reason)
    this.kind = kind
  }
}
