// How many guesses a password resists from an attacker who knows lists, patterns and the person's name (zxcvbn;
// NIST SP 800-63B-4 §3.1.1.2).

/** Of 0 to 4: from here on it takes more than a hundred million guesses. */
const MIN_SCORE = 3
/**
 * Characters that are estimated; a password that is strong in these is strong with any rest. The time grows faster than the
 * length: zxcvbn's
 * README, "runtime latency", gives 5–20 ms for about 25 characters and 100 ms for 100, and signs that stand for letters
 * take ten times that.
 */
const MAX_ESTIMATED = 25

interface Estimator {
  check(
    password: string,
    known: string[]
  ): { score: number; feedback: { warning?: string | null; suggestions: string[] } }
}

/** The word lists take some megabytes: loaded when the first password is chosen. */
let estimator: Promise<Estimator> | undefined

async function load (): Promise<Estimator> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en')
  ])
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations
  }) as unknown as Estimator
}

/**
 * Heavy for what an attacker can choose, and so only called in a worker: `password-strength-task.ts`.
 * @param known what anybody knows of the person: address, name.
 * @returns what is wrong and what to do, for the person who typed it; undefined when the password will do.
 */
export async function strengthProblem (password: string, known: string[]): Promise<string | undefined> {
  estimator ??= load()
  const { score, feedback } = (await estimator).check(
    password.slice(0, MAX_ESTIMATED),
    known.filter((word) => word.length > 2)
  )
  if (score >= MIN_SCORE) return undefined
  const why = feedback.warning ? feedback.warning.replace(/[.。]?$/, '.') : 'It takes too few guesses.'
  return `This password is too easy to guess. ${why} Use a few unrelated words.`
}
