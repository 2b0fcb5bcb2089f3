// Answers of the fast path that are repeated as long as the same is offered: bounded in number and size, since the rights
// that they are for depend on what a person gives to each of their apps.
// Tested in test/plugins/mcp/kept-answers.test.ts.

const MAX_ANSWERS = 500
/** Characters or bytes of all of them: one may have millions. */
const MAX_SIZE = 32 * 1024 * 1024

export interface KeptAnswers {
  get(key: string): string | Buffer | undefined
  /** Those that were asked for longest ago make room. One that is larger than all may be is not kept. */
  set(key: string, answer: string | Buffer): void
}

export function createAnswers (most = MAX_ANSWERS, maxSize = MAX_SIZE): KeptAnswers {
  const answers = new Map<string, string | Buffer>()
  let size = 0
  function remove (key: string): void {
    size -= answers.get(key)?.length ?? 0
    answers.delete(key)
  }
  return {
    get (key) {
      const answer = answers.get(key)
      if (answer === undefined) return undefined
      answers.delete(key)
      answers.set(key, answer)
      return answer
    },
    set (key, answer) {
      remove(key)
      if (answer.length > maxSize) return
      answers.set(key, answer)
      size += answer.length
      while (answers.size > most || size > maxSize) remove(answers.keys().next().value!)
    }
  }
}
