// The house's lint rules: neostandard, and the two sizes that keep a file readable in one sitting.
import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['node_modules', 'data', '.tap', 'coverage'] }),
  {
    rules: {
      'max-lines': ['error', { max: 220, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error'
    }
  },
  {
    files: ['test/**', 'bench/**'],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off', 'no-console': 'off' }
  }
]
