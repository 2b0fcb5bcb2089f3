// How many guesses a password stands, as somebody would guess who knows lists, patterns and the person's name (zxcvbn; NIST SP 800-63B-4 §3.1.1.2).

/** Of 0 to 4: from here on it takes more than a hundred million guesses. */
const LEAST_SCORE = 3
/** A longer one is strong enough by its length, and would take long to estimate. */
const LONGEST_ESTIMATED = 100

interface Estimator { check (password: string, known: string[]): { score: number, feedback: { warning?: string | null, suggestions: string[] } } }

/** The word lists take some megabytes: loaded when somebody first chooses a password. */
let estimator: Promise<Estimator> | undefined

async function load (): Promise<Estimator> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common'), import('@zxcvbn-ts/language-en')])
  return new ZxcvbnFactory({ dictionary: { ...common.dictionary, ...english.dictionary }, graphs: common.adjacencyGraphs, translations: english.translations }) as unknown as Estimator
}

/**
 * @param known what anybody knows of the person: address, name.
 * @returns what is wrong and what to do, for the person who typed it; undefined when the password will do.
 */
export async function strengthProblem (password: string, known: string[]): Promise<string | undefined> {
  if (password.length > LONGEST_ESTIMATED) return undefined
  estimator ??= load()
  const { score, feedback } = (await estimator).check(password, known.filter((word) => word.length > 2))
  if (score >= LEAST_SCORE) return undefined
  const why = feedback.warning ? feedback.warning.replace(/[.。]?$/, '.') : 'It takes too few guesses.'
  return `This password is too easy to guess. ${why} Use a few unrelated words.`
}
